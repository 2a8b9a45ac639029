import type { OrderBody, OrderKind, SelfTradePrevention, TimeInForce } from '../core/client';
import { Decimal, decimalsOf } from '../core/decimal';
import type { BookView } from './order-book';
import { affordable } from './sweep';
import { protectionPrice, type Side, type Terms } from './terms';

export type Kind = OrderKind;
export type { TimeInForce };

/** The fields of the form that can be wrong, by their names on the wire. */
export type FieldName = 'price' | 'stop_price' | 'quantity' | 'quote_amount' | 'display_quantity';

/** What a person is about to order; null where a field is empty or no number. */
export interface Draft {
  readonly side: Side;
  readonly kind: Kind;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly prevention: SelfTradePrevention;
  readonly price: Decimal | null;
  readonly stopPrice: Decimal | null;
  readonly quantity: Decimal | null;
  /** Whether a market buy says how much to spend instead of how much to buy. */
  readonly byAmount: boolean;
  readonly amount: Decimal | null;
  readonly display: Decimal | null;
}

export type Faults = Partial<Record<FieldName, string>>;

const PARTS_MAX = Decimal.hundred;
export const hasPrice = (kind: Kind) => kind === 'LIMIT' || kind === 'STOP_LIMIT';
export const isStop = (kind: Kind) => kind === 'STOP_LIMIT' || kind === 'STOP_MARKET';

/** Which fields an order of this kind has. */
export function fieldsOf(draft: Draft): readonly FieldName[] {
  const fields: FieldName[] = [];
  if (isStop(draft.kind)) fields.push('stop_price');
  if (hasPrice(draft.kind)) fields.push('price');
  fields.push(isByAmount(draft) ? 'quote_amount' : 'quantity');
  if (draft.display && canHide(draft)) fields.push('display_quantity');
  return fields;
}

export function isByAmount(draft: Draft): boolean {
  return draft.byAmount && draft.kind === 'MARKET' && draft.side === 'BUY';
}

/** Whether a part of it may be hidden, and whether it may be post-only. */
export function canHide(draft: Draft): boolean {
  return hasPrice(draft.kind) && draft.timeInForce === 'GTC';
}

/** The price that its notional is judged by: its own, its stop, else the best one of the book. */
export function priceOf(draft: Draft, book: BookView | null): Decimal | null {
  if (hasPrice(draft.kind)) return draft.price;
  if (isStop(draft.kind)) return draft.stopPrice;
  return (draft.side === 'BUY' ? book?.asks : book?.bids)?.[0]?.price ?? null;
}

/** The price that a buy sets its money aside at. */
function pursePrice(draft: Draft, book: BookView | null, terms: Terms): Decimal | null {
  const price = priceOf(draft, book);
  return price && !hasPrice(draft.kind) ? protectionPrice('BUY', price, terms) : price;
}

/** What has to be available: in the quote asset for buys, in the base asset for sells. */
export function purseOf(draft: Draft, book: BookView | null, terms: Terms): Decimal | null {
  if (isByAmount(draft)) return draft.amount;
  if (draft.side === 'SELL' || !draft.quantity) return draft.quantity;
  const price = pursePrice(draft, book, terms);
  return price && price.times(draft.quantity).rounded(terms.quoteScale, 'up');
}

/** As much of the available balance as `percent` says: a quantity, or an amount to spend. */
export function portion(
  percent: number,
  available: Decimal,
  draft: Draft,
  book: BookView | null,
  terms: Terms,
): Decimal | null {
  const share = available.percent(Decimal.ofInteger(percent));
  if (draft.side === 'SELL') return share.toMultipleOf(terms.lot, 'down');
  if (isByAmount(draft)) return share.rounded(terms.quoteScale, 'down');
  const price = pursePrice(draft, book, terms);
  if (!price?.isPositive()) return null;
  // What a buy locks is rounded up, so the budget here is exact.
  return share
    .rounded(terms.quoteScale, 'down')
    .over(price, 18, 'down')
    .toMultipleOf(terms.lot, 'down');
}

/** What is wrong with it, field by field; the exchange has the last word. */
export function faultsOf(
  draft: Draft,
  book: BookView | null,
  available: Decimal | null,
  terms: Terms,
): Faults {
  const faults: Faults = {};
  const fields = fieldsOf(draft);
  const check = (field: FieldName, figure: Decimal | null, step: Decimal, unit: string) => {
    const fault = fields.includes(field) && stepFault(figure, step, unit);
    if (fault) faults[field] = fault;
  };
  check('price', draft.price, terms.tick, terms.quote);
  check('stop_price', draft.stopPrice, terms.tick, terms.quote);
  check('quantity', draft.quantity, terms.lot, terms.base);
  check('quote_amount', draft.amount, Decimal.ofUnits(1n, terms.quoteScale), terms.quote);
  check('display_quantity', draft.display, terms.lot, terms.base);
  const size: FieldName = isByAmount(draft) ? 'quote_amount' : 'quantity';
  faults[size] ??= sizeFault(draft, book, available, terms);
  if (fields.includes('display_quantity')) faults.display_quantity ??= displayFault(draft, terms);
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault));
}

function stepFault(figure: Decimal | null, step: Decimal, unit: string): string | undefined {
  if (!figure) return 'Enter a number.';
  if (!figure.isPositive()) return 'Must be above zero.';
  if (!figure.isMultipleOf(step)) return `Must be a multiple of ${step} ${unit}.`;
  return undefined;
}

function sizeFault(
  draft: Draft,
  book: BookView | null,
  available: Decimal | null,
  terms: Terms,
): string | undefined {
  const price = priceOf(draft, book);
  const worth = isByAmount(draft)
    ? draft.amount
    : price && draft.quantity && price.times(draft.quantity).rounded(terms.quoteScale, 'down');
  if (worth?.below(terms.minNotional))
    return `Worth less than the least order, ${terms.minNotional} ${terms.quote}.`;
  const purse = purseOf(draft, book, terms);
  if (!purse || !available?.below(purse)) return undefined;
  const asset = draft.side === 'BUY' ? terms.quote : terms.base;
  return `Needs ${purse} ${asset}; ${available} are available.`;
}

function displayFault(draft: Draft, terms: Terms): string | undefined {
  const { display, quantity, price } = draft;
  if (!display || !quantity || !price) return undefined;
  if (display.above(quantity)) return 'More than the whole order.';
  if (quantity.above(display.times(PARTS_MAX))) return 'Must show at least a hundredth.';
  if (price.times(display).rounded(terms.quoteScale, 'down').below(terms.minNotional))
    return `The part shown must be worth ${terms.minNotional} ${terms.quote}.`;
  return undefined;
}

/** The order as the exchange takes it. */
export function bodyOf(draft: Draft, terms: Terms): OrderBody {
  const fields = new Set(fieldsOf(draft));
  const text = (field: FieldName, figure: Decimal | null, scale: number) =>
    fields.has(field) && figure ? { [field]: figure.rounded(scale, 'down').toString() } : {};
  return {
    instrument: terms.name,
    order_type: draft.side,
    order_subtype: draft.kind,
    time_in_force: draft.timeInForce,
    self_trade_prevention: draft.prevention,
    ...(draft.postOnly && canHide(draft) ? { post_only: true } : {}),
    ...text('price', draft.price, terms.tick.scale),
    ...text('stop_price', draft.stopPrice, terms.tick.scale),
    ...text('quantity', draft.quantity, terms.lot.scale),
    ...text('quote_amount', draft.amount, terms.quoteScale),
    ...text('display_quantity', draft.display, terms.lot.scale),
  };
}

/** The most that `amount` buys at the draft's price; for who types what it shall cost. */
export function quantityFor(amount: Decimal, price: Decimal, terms: Terms): Decimal {
  return affordable(price, amount, terms);
}

/** How a figure is written into a field: at the step's scale. */
export function written(figure: Decimal, step: Decimal | string): string {
  const scale = typeof step === 'string' ? decimalsOf(step) : step.scale;
  return figure.rounded(scale, 'down').toString();
}
