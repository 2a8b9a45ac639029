import type { Order } from '../core/client';
import type { Decimal } from '../core/decimal';
import type { Format } from '../core/format';
import type { Tone } from '../core/toasts';
import type { Segment } from '../ui/segments';
import { type Draft, canHide, hasPrice, isByAmount, isStop } from './draft';
import type { Terms } from './terms';

export const SIDES: readonly Segment[] = [
  { value: 'BUY', label: 'Buy', tone: 'buy' },
  { value: 'SELL', label: 'Sell', tone: 'sell' },
];

export const KINDS: readonly Segment[] = [
  { value: 'LIMIT', label: 'Limit' },
  { value: 'MARKET', label: 'Market' },
  { value: 'STOP_LIMIT', label: 'Stop limit' },
  { value: 'STOP_MARKET', label: 'Stop market' },
];

export const TIMES = [
  { value: 'GTC', label: 'Good till cancelled' },
  { value: 'IOC', label: 'Immediate, rest expires' },
  { value: 'FOK', label: 'All at once or nothing' },
] as const;

export const PREVENTIONS = [
  { value: 'CANCEL_NEWEST', label: 'Cancel the new order' },
  { value: 'CANCEL_OLDEST', label: 'Cancel the resting order' },
  { value: 'CANCEL_BOTH', label: 'Cancel both' },
  { value: 'DECREMENT_AND_CANCEL', label: 'Take the smaller off both' },
] as const;

const KIND_WORDS: Readonly<Record<string, string>> = {
  LIMIT: 'Limit',
  MARKET: 'Market',
  STOP_LIMIT: 'Stop limit',
  STOP_MARKET: 'Stop market',
};

const REASONS: Readonly<Record<string, string>> = {
  OWNER: 'by you',
  SWITCH: 'by a switch or a lost connection',
  SELF_TRADE: 'it met an order of yours',
  IMMEDIATE_OR_CANCEL: 'nothing more to trade with at once',
  FILL_OR_KILL: 'not all of it could fill at once',
  PROTECTION_PRICE: 'the rest of the book is too far off',
  FUNDS_SPENT: 'the amount is spent',
  DUST: 'the rest is worth nothing',
  PRICE_OUT_OF_BAND: 'its price was too far from the last trade',
  POST_ONLY_WOULD_CROSS: 'it would have traded at once',
};

export function kindWords(kind: string): string {
  return KIND_WORDS[kind] ?? kind;
}

/** Why it ended, where the status alone does not say. */
export function reasonWords(reason: string | null | undefined): string {
  return reason ? (REASONS[reason] ?? reason.replaceAll('_', ' ').toLowerCase()) : '';
}

/** An order's figures, to look at before it goes out. */
export function summary(
  draft: Draft,
  terms: Terms,
  worth: Decimal | null,
  format: Format,
): readonly (readonly [string, string])[] {
  const facts: [string, string][] = [['Order', `${kindWords(draft.kind)} on ${terms.name}`]];
  const money = (figure: Decimal | null, currency: string) =>
    figure ? format.money(figure.toString(), currency) : '–';
  if (isStop(draft.kind)) facts.push(['Stop price', money(draft.stopPrice, terms.quote)]);
  if (hasPrice(draft.kind)) facts.push(['Price', money(draft.price, terms.quote)]);
  if (isByAmount(draft)) facts.push(['Spends', money(draft.amount, terms.quote)]);
  else
    facts.push(
      ['Quantity', money(draft.quantity, terms.base)],
      ['Worth', money(worth, terms.quote)],
    );
  if (draft.display && canHide(draft)) facts.push(['Shown', money(draft.display, terms.base)]);
  return facts;
}

/** What became of an order that was just placed. */
export function toldOf(order: Order, format: Format): { text: string; tone: Tone } {
  const side = order.order_type === 'BUY' ? 'Buy' : 'Sell';
  const base = order.instrument.split('-')[0] ?? '';
  const filled = `${format.short(order.filled_quantity)} ${base}`;
  const at = order.average_price ? ` at ${format.number(order.average_price)}` : '';
  const name = `${side} ${format.short(order.quantity)} ${base}`;
  switch (order.status) {
    case 'FILLED':
      return { text: `${side} ${filled} filled${at}.`, tone: 'good' };
    case 'PARTIALLY_FILLED':
      return { text: `${name}: ${filled} filled${at}, the rest is open.`, tone: 'good' };
    case 'PENDING':
      return {
        text: isWaiting(order) ? `${name} waits for its stop price.` : `${name} is open.`,
        tone: 'good',
      };
    default: {
      const some = order.average_price ? `${filled} filled${at}; ` : '';
      const end = order.status === 'CANCELLED' ? 'cancelled' : 'expired';
      const reason = reasonWords(order.status_reason);
      const isDone = order.status_reason === 'FUNDS_SPENT' && some;
      const rest = isDone ? '' : `the rest ${end}${reason ? `: ${reason}` : ''}`;
      const text = some ? `${side} ${some}${rest}` : `${name} ${end}${reason ? `: ${reason}` : ''}`;
      return { text: `${text.replace(/; $/, '')}.`, tone: some ? 'plain' : 'bad' };
    }
  }
}

export function isWaiting(order: Order): boolean {
  return order.triggered === false;
}
