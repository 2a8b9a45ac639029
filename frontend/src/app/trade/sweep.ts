import { Decimal } from '../core/decimal';
import type { Level } from './order-book';
import type { Side, Terms } from './terms';

/** What an order would take out of the book at once. */
export interface Sweep {
  readonly filled: Decimal;
  /** What it is worth in the quote asset. */
  readonly notional: Decimal;
  /** Null where nothing fills, and so are the next two. */
  readonly average: Decimal | null;
  readonly worst: Decimal | null;
  /** How much worse than the best price the average is, in percent. */
  readonly slippage: Decimal | null;
  /** In what is received: the base asset for buys, the quote asset for sells. */
  readonly fee: Decimal;
  readonly received: Decimal;
  /** What does not fill: of the quantity, or of the quote amount where that was given. */
  readonly left: Decimal;
}

export interface Taking {
  readonly side: Side;
  /** The worst price that it accepts; null is any. */
  readonly limit: Decimal | null;
  /** How much: of the base asset, or of the quote asset that a buy may spend. */
  readonly quantity: Decimal | null;
  readonly amount: Decimal | null;
}

/**
 * Plays an order through the other side of the book as the exchange would: at the resting prices, each
 * notional rounded down and each fee up. A level counts as one order, so a level of many small ones may
 * differ by a smallest unit each.
 */
export function sweep(levels: readonly Level[], order: Taking, terms: Terms): Sweep {
  let [left, budget] = [order.quantity ?? Decimal.zero, order.amount ?? Decimal.zero];
  let [filled, weight, notional, fee] = [Decimal.zero, Decimal.zero, Decimal.zero, Decimal.zero];
  let worst: Decimal | null = null;
  for (const { price, quantity } of levels) {
    if (order.limit && isWorse(order.side, price, order.limit)) break;
    const most = order.amount ? affordable(price, budget, terms) : left;
    const taken = most.min(quantity);
    const worth = price.times(taken).rounded(terms.quoteScale, 'down');
    if (!worth.isPositive()) break;
    left = left.minus(taken);
    budget = budget.minus(worth);
    filled = filled.plus(taken);
    weight = weight.plus(price.times(taken));
    notional = notional.plus(worth);
    fee = fee.plus(feeOf(order.side, taken, worth, terms.takerFee, terms));
    worst = price;
  }
  const average = worst && weight.over(filled, terms.tick.scale, 'nearest');
  return {
    filled: filled.rounded(terms.lot.scale, 'down'),
    notional: notional.rounded(terms.quoteScale, 'down'),
    average,
    worst,
    slippage: worst && slippage(order.side, levels[0]!.price, weight, filled),
    fee,
    received: (order.side === 'BUY' ? filled : notional).minus(fee),
    left: order.amount ? budget : left,
  };
}

/** The fee on what a fill brings, rounded up. */
export function feeOf(
  side: Side,
  quantity: Decimal,
  notional: Decimal,
  percent: Decimal,
  terms: Terms,
): Decimal {
  return side === 'BUY'
    ? quantity.percent(percent).rounded(terms.baseScale, 'up')
    : notional.percent(percent).rounded(terms.quoteScale, 'up');
}

/** The largest quantity whose notional at `price`, rounded down, is within `amount`. */
export function affordable(price: Decimal, amount: Decimal, terms: Terms): Decimal {
  const first = amount
    .rounded(terms.quoteScale, 'down')
    .plus(Decimal.ofUnits(1n, terms.quoteScale));
  const lots = first.over(price.times(terms.lot), 0, 'up').minus(Decimal.one);
  return lots.times(terms.lot);
}

/** Whether an order of `side` with this limit does not trade at `price`. */
export function isWorse(side: Side, price: Decimal, limit: Decimal): boolean {
  return side === 'BUY' ? price.above(limit) : price.below(limit);
}

function slippage(side: Side, best: Decimal, weight: Decimal, filled: Decimal): Decimal {
  const paid = weight.minus(best.times(filled));
  const worse = side === 'BUY' ? paid : paid.negated();
  return worse.times(Decimal.hundred).over(best.times(filled), 3, 'nearest');
}
