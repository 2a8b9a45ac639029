import { Decimal } from '../core/decimal';
import type { BookView, Level } from './order-book';

/** One line of the ladder. */
export interface Row {
  readonly price: string;
  readonly quantity: string;
  /** This line and all better ones. */
  readonly total: string;
  /** Of the longest bar, 0 to 100. */
  readonly share: number;
  /** Whether an order of one's own stands there. */
  readonly isOwn: boolean;
}

export interface Rows {
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

/** One's own open prices of each side. */
export interface OwnPrices {
  readonly bids: readonly Decimal[];
  readonly asks: readonly Decimal[];
}

interface Group {
  price: Decimal;
  quantity: Decimal;
  total: Decimal;
}

/** The best `count` lines of each side, with prices taken together by `step`. */
export function ladderRows(view: BookView, step: Decimal, count: number, own: OwnPrices): Rows {
  const bids = groups(view.bids, step, 'down', count);
  const asks = groups(view.asks, step, 'up', count);
  const longest = (bids.at(-1)?.total ?? Decimal.zero).max(asks.at(-1)?.total ?? Decimal.zero);
  const marks = (prices: readonly Decimal[], rounding: 'down' | 'up') =>
    new Set(prices.map((price) => price.toMultipleOf(step, rounding).toString()));
  return {
    bids: bids.map((group) => row(group, longest, marks(own.bids, 'down'))),
    asks: asks.map((group) => row(group, longest, marks(own.asks, 'up'))),
  };
}

/** A bid counts at the step below it and an ask at the one above, so that no price looks better. */
function groups(
  levels: readonly Level[],
  step: Decimal,
  rounding: 'down' | 'up',
  count: number,
): Group[] {
  const found: Group[] = [];
  let total = Decimal.zero;
  for (const level of levels) {
    const price = level.price.toMultipleOf(step, rounding);
    const last = found.at(-1);
    const isSame = last?.price.equals(price) ?? false;
    if (!isSame && found.length === count) break;
    total = total.plus(level.quantity);
    if (last && isSame) {
      last.quantity = last.quantity.plus(level.quantity);
      last.total = total;
    } else found.push({ price, quantity: level.quantity, total });
  }
  return found;
}

function row({ price, quantity, total }: Group, longest: Decimal, own: ReadonlySet<string>): Row {
  const text = price.toString();
  return {
    price: text,
    quantity: quantity.toString(),
    total: total.toString(),
    share: total.times(Decimal.hundred).over(longest, 1, 'nearest').toNumber(),
    isOwn: own.has(text),
  };
}

const STEPS_MAX = 6;

/** The steps that prices may be taken together by: tenfold each, up to a hundredth of `price`. */
export function groupings(tick: string, price: string | null | undefined): readonly string[] {
  const most = Decimal.parse(price)?.over(Decimal.hundred, 12, 'down') ?? Decimal.zero;
  const steps = [Decimal.of(tick)];
  while (steps.length < STEPS_MAX) {
    const next = steps.at(-1)!.times(Decimal.ofInteger(10));
    if (next.above(most)) break;
    steps.push(next);
  }
  return steps.map((step) => step.toShortString());
}

/** What lies between the best prices: in the quote asset, and in percent of the middle. */
export function spreadOf(view: BookView): { amount: string; percent: string } | null {
  const [bid, ask] = [view.bids[0]?.price, view.asks[0]?.price];
  if (!bid || !ask) return null;
  const amount = ask.minus(bid);
  const middle = ask.plus(bid).over(Decimal.ofInteger(2), 12, 'nearest');
  const percent = amount.times(Decimal.hundred).over(middle, 3, 'nearest');
  return { amount: amount.toString(), percent: percent.toString() };
}
