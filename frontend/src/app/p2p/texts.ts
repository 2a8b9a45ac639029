import { Pipe, type PipeTransform } from '@angular/core';
import type { AuditEntry } from '../core/client';
import type { Format } from '../core/format';
import type { Problem } from '../core/problem';
import { words } from '../ui/figures';

const METHODS: Readonly<Record<string, string>> = { SEPA: 'SEPA', E_WALLET: 'E-wallet' };

/** A payment method in words. */
export function methodName(code: string): string {
  return METHODS[code] ?? words(code);
}

/** `code | method`: `BANK_TRANSFER` as "Bank transfer". */
@Pipe({ name: 'method' })
export class Method implements PipeTransform {
  transform(code: string): string {
    return methodName(code);
  }
}

const STATUSES: Readonly<Record<string, string>> = {
  PENDING: 'Waiting for payment',
  PAYMENT_SENT: 'Payment sent',
  RELEASE_OVERDUE: 'Release overdue',
  DISPUTED: 'In dispute',
  VERDICT_PENDING: 'Verdict given',
  RESOLVED_BUYER: 'Decided for the buyer',
  RESOLVED_SELLER: 'Decided for the seller',
  RESOLVED_SPLIT: 'Split by verdict',
};

export function statusName(code: string): string {
  return STATUSES[code] ?? words(code);
}

/** `status | tradeStatus`: where a trade stands. */
@Pipe({ name: 'tradeStatus' })
export class TradeStatus implements PipeTransform {
  transform(code: string): string {
    return statusName(code);
  }
}

/** The class of a trade's chip. */
export function statusTone(code: string): string {
  if (code === 'COMPLETED') return 'good';
  if (code === 'CANCELLED' || code === 'EXPIRED' || code.startsWith('RESOLVED')) return '';
  if (code === 'DISPUTED' || code === 'RELEASE_OVERDUE') return 'bad';
  return code === 'PENDING' || code === 'PAYMENT_SENT' ? 'accent' : 'warn';
}

/** Why a trade is where it is. */
export const TRADE_REASONS: Readonly<Record<string, string>> = {
  BUYER_CANCELLED: 'The buyer stepped back before paying.',
  CANCELLED_IN_GRACE: 'The buyer stepped back right after opening; it counts against nobody.',
  NOT_PAID: 'The buyer had marked the payment as sent, and took it back.',
  MUTUAL: 'The seller asked for it and the buyer agreed; it counts against nobody.',
  CONCEDED: 'The buyer gave in to the dispute.',
  PAYMENT_WINDOW_OVER: 'The payment window passed without a payment.',
  RELEASED_IN_DISPUTE: 'The seller released the coins during the dispute.',
  OPENED_BY_PARTY: 'One of the two opened a dispute.',
  OPENED_BY_CLOCK: 'Nobody acted for a day, so the dispute opened by itself.',
  DISPUTE_WITHDRAWN: 'The dispute was withdrawn.',
  APPEALED: 'The verdict was appealed; another arbitrator decides.',
};

/** Why an active ad is not shown. */
export const HIDDEN: Readonly<Record<string, string>> = {
  below_min: 'What is left is worth less than the smallest trade. Lower the limit or add to it.',
  no_index: 'Its price floats, and the market gives no fresh index right now.',
  owner_barred: 'You are barred from trading for the time being.',
};

/** Why a party disputes. */
export const DISPUTE_REASONS: Readonly<Record<string, string>> = {
  NOT_RELEASED: 'I have paid, but the coins were not released',
  WRONG_AMOUNT_RELEASED: 'The wrong amount was released',
  PAYMENT_NOT_RECEIVED: 'The payment has not arrived',
  WRONG_AMOUNT: 'The payment has the wrong amount',
  WRONG_NAME: 'The payment came from another name',
  OTHER: 'Something else',
};

const ACTIONS: Readonly<Record<string, string>> = {
  OPENED: 'opened the trade',
  PAYMENT_SENT: 'marked the payment as sent',
  CANCEL_ACCEPTED: 'agreed to cancel',
  CANCEL_REJECTED: 'refused to cancel',
  EXTENDED: 'gave more time to pay',
  PAYMENT_CONFIRMED: 'released the coins',
  DISPUTE_OPENED: 'opened a dispute',
  STATEMENT: 'made a statement',
  EVIDENCE: 'brought in a file',
  DISPUTE_WITHDRAWN: 'withdrew the dispute',
  DISPUTE_TAKEN: 'took the dispute',
  DISPUTE_REASSIGNED: 'gave the dispute to another arbitrator',
  VERDICT: 'gave a verdict',
  APPEALED: 'appealed',
  CONCEDED: 'gave in',
  FROZEN: 'froze the trade',
  UNFROZEN: 'unfroze the trade',
  PAYMENT_WINDOW_OVER: 'The payment window is over',
  RELEASE_WINDOW_OVER: 'The time to release is over',
  DISPUTE_OPENED_BY_CLOCK: 'The dispute opened by itself',
  ESCALATED: 'The dispute went to the admins',
  VERDICT_CARRIED_OUT: 'The verdict was carried out',
};

/** One line of an audit trail, in words; `before` is the line before it. */
export function actionText(entry: AuditEntry, before?: AuditEntry): string {
  const what = deed(entry, before?.status === 'DISPUTED');
  return entry.by ? `${entry.by} ${what}` : what;
}

function deed({ action, party }: AuditEntry, isDisputed: boolean): string {
  if (action === 'CANCEL') return party === 'SELLER' ? 'asked to cancel' : 'cancelled the trade';
  if (action === 'DISPUTE_OPENED' && isDisputed) return 'answered the dispute';
  return ACTIONS[action] ?? words(action).toLowerCase();
}

const CONDITIONS: Readonly<Record<string, string>> = {
  min_completed_trades: 'you have too few completed trades',
  min_completion_rate: 'your completion rate is too low, or there is none yet',
  min_account_age_days: 'your account is too new',
  min_rating: 'your rating is too low, or there is none yet',
  first_trade_max_fiat: 'this is too much for a first trade',
};

/** A refusal in a sentence, with what it tells besides. */
export function refusalText(problem: Problem, format: Format): string {
  const { allowed_at: until, condition, remaining_amount: left } = problem.more;
  if (problem.code === 'BARRED' && typeof until === 'string')
    return `After too many cancels you cannot do this until ${format.dateTime(until)}.`;
  if (problem.code === 'CONDITION_NOT_MET' && typeof condition === 'string')
    return `The advertiser asks for more: ${CONDITIONS[condition] ?? condition}.`;
  if (problem.code === 'AD_AMOUNT_EXCEEDED' && typeof left === 'string')
    return `Somebody was faster: only ${format.number(left)} is left.`;
  return problem.sentence;
}

/** How long a payment window is. */
export function windowText(secs: number): string {
  if (secs % 3600 === 0) return `${secs / 3600} h`;
  return secs % 60 === 0 ? `${secs / 60} min` : `${secs} s`;
}
