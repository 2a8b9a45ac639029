import type { Dispute, P2PTrade, DisputeReasonCode } from '../core/client';

/** What somebody is in a trade; an observer only looks. */
export type Role = 'buyer' | 'seller' | 'observer';

/** What a party can do to a trade. */
export type Act =
  | 'pay'
  | 'cancel'
  | 'cancel-unpaid'
  | 'ask-cancel'
  | 'answer-cancel'
  | 'extend'
  | 'release'
  | 'dispute'
  | 'say'
  | 'concede'
  | 'withdraw'
  | 'appeal'
  | 'write'
  | 'review';

const OPEN = ['PENDING', 'PAYMENT_SENT', 'RELEASE_OVERDUE', 'DISPUTED', 'VERDICT_PENDING'];

/** Whether the coins are still in escrow. */
export function isOpen(trade: P2PTrade): boolean {
  return OPEN.includes(trade.status);
}

export function roleOf(trade: P2PTrade, username: string | undefined): Role {
  if (username === trade.buyer) return 'buyer';
  return username === trade.seller ? 'seller' : 'observer';
}

/** The other party. */
export function otherOf(trade: P2PTrade, role: Role): string {
  return role === 'buyer' ? trade.seller : trade.buyer;
}

/** The part of the exchange's machine that a party sees: what it may do now. */
export function actsOf(trade: P2PTrade, role: Role, dispute: Dispute | null = null): Set<Act> {
  if (role === 'observer') return new Set();
  if (trade.frozen && isOpen(trade)) return new Set();
  const own = role === 'buyer' ? BUYERS[trade.status] : SELLERS[trade.status];
  const acts = new Set<Act>(own);
  if (trade.cancel_requested_by) {
    acts.delete('ask-cancel');
    if (role === 'buyer' && !['DISPUTED', 'VERDICT_PENDING'].includes(trade.status))
      acts.add('answer-cancel');
  }
  const me = role === 'buyer' ? trade.buyer : trade.seller;
  if (dispute?.opened_by !== me) acts.delete('withdraw');
  if (!mayAppeal(role, dispute)) acts.delete('appeal');
  return acts;
}

const BUYERS: Readonly<Record<string, readonly Act[]>> = {
  PENDING: ['pay', 'cancel', 'write'],
  PAYMENT_SENT: ['cancel-unpaid', 'write'],
  RELEASE_OVERDUE: ['cancel-unpaid', 'dispute', 'write'],
  DISPUTED: ['say', 'withdraw', 'concede', 'write'],
  VERDICT_PENDING: ['concede', 'appeal', 'write'],
  COMPLETED: ['review'],
};

const SELLERS: Readonly<Record<string, readonly Act[]>> = {
  PENDING: ['extend', 'ask-cancel', 'write'],
  PAYMENT_SENT: ['release', 'dispute', 'ask-cancel', 'write'],
  RELEASE_OVERDUE: ['release', 'dispute', 'ask-cancel', 'write'],
  DISPUTED: ['release', 'say', 'withdraw', 'write'],
  VERDICT_PENDING: ['release', 'appeal', 'write'],
  COMPLETED: ['review'],
};

/** Who lost appeals, once; after a split either. */
function mayAppeal(role: Role, dispute: Dispute | null): boolean {
  const outcome = dispute?.verdict?.outcome;
  if (!outcome || dispute?.appealed_by) return false;
  return outcome === 'SPLIT' || (outcome === 'BUYER') === (role === 'seller');
}

/** Who has to act next: a username, `arbitrator`, or nobody once it is over. */
export function actorOf(trade: P2PTrade, dispute: Dispute | null = null): string | null {
  if (trade.frozen && isOpen(trade)) return 'admin';
  if (trade.cancel_requested_by && isOpen(trade)) return trade.buyer;
  switch (trade.status) {
    case 'PENDING':
      return trade.buyer;
    case 'PAYMENT_SENT':
    case 'RELEASE_OVERDUE':
      return trade.seller;
    case 'DISPUTED':
      return 'arbitrator';
    case 'VERDICT_PENDING':
      return loserOf(trade, dispute);
    default:
      return null;
  }
}

function loserOf(trade: P2PTrade, dispute: Dispute | null): string | null {
  if (dispute?.appealed_by) return null;
  switch (dispute?.verdict?.outcome) {
    case 'BUYER':
      return trade.seller;
    case 'SELLER':
      return trade.buyer;
    default:
      return null;
  }
}

/** Whether somebody has to do something for the trade to go on. */
export function awaits(trade: P2PTrade, username: string | undefined): boolean {
  return username !== undefined && actorOf(trade) === username;
}

/** What a party may give as the reason of a dispute. */
export function reasonsOf(role: Role): readonly DisputeReasonCode[] {
  return role === 'buyer'
    ? ['NOT_RELEASED', 'WRONG_AMOUNT_RELEASED', 'OTHER']
    : ['PAYMENT_NOT_RECEIVED', 'WRONG_AMOUNT', 'WRONG_NAME', 'OTHER'];
}
