import { Decimal } from '../core/decimal';
import { type Draft, hasPrice } from './draft';
import type { BookView } from './order-book';
import type { Sweep } from './sweep';

/** From here on an order counts as large, in USD. */
const LARGE_USD = Decimal.ofInteger(25_000);
/** So far beyond the other side's best price, in percent, nobody wants to trade by intention. */
const BEYOND_PERCENT = Decimal.ofInteger(2);
/** So far from the last price, in percent, an order is likely a slip of the finger. */
const AWAY_PERCENT = Decimal.ofInteger(10);
const SLIPPAGE_PERCENT = Decimal.one;

/** What a person should look at twice before the order goes out; empty where all is usual. */
export function cautions(
  draft: Draft,
  book: BookView | null,
  last: Decimal | null,
  worthUsd: Decimal | null,
  taking: Sweep | null,
): readonly string[] {
  const found: string[] = [];
  if (worthUsd && !worthUsd.below(LARGE_USD)) found.push('It is large: worth 25,000 USD or more.');
  const away = priceCaution(draft, book, last);
  if (away) found.push(away);
  if (!hasPrice(draft.kind) && taking?.slippage && !taking.slippage.below(SLIPPAGE_PERCENT))
    found.push(`Its average price is ${taking.slippage} % worse than the best one.`);
  if (
    draft.kind === 'MARKET' &&
    taking?.left.isPositive() &&
    taking.filled.isPositive() &&
    !draft.byAmount
  )
    found.push(`The book fills ${taking.filled} of it; the rest expires.`);
  return found;
}

function priceCaution(draft: Draft, book: BookView | null, last: Decimal | null): string | null {
  if (!hasPrice(draft.kind) || !draft.price) return null;
  const isBuy = draft.side === 'BUY';
  const best = (isBuy ? book?.asks : book?.bids)?.[0]?.price;
  if (draft.kind === 'LIMIT' && best) {
    const beyond = isBuy
      ? percentAbove(draft.price, best)
      : percentAbove(draft.price, best).negated();
    if (!beyond.below(BEYOND_PERCENT))
      return `Its price is ${beyond} % ${isBuy ? 'above the best ask' : 'below the best bid'}.`;
  }
  const reference = draft.kind === 'STOP_LIMIT' ? draft.stopPrice : last;
  if (!reference?.isPositive()) return null;
  const away = percentAbove(draft.price, reference);
  if (away.abs().below(AWAY_PERCENT)) return null;
  const where = away.sign() > 0 ? 'above' : 'below';
  const what = draft.kind === 'STOP_LIMIT' ? 'the stop price' : 'the last price';
  return `Its price is ${away.abs()} % ${where} ${what}.`;
}

function percentAbove(price: Decimal, reference: Decimal): Decimal {
  return price.minus(reference).times(Decimal.hundred).over(reference, 1, 'down');
}
