import type { Notification } from './client';
import type { Tone } from './toasts';

type Told = Pick<Notification, 'type'> & Partial<Notification>;

/** What was done to a P2P trade, by the code of its audit trail. */
const P2P: Readonly<Record<string, string>> = {
  OPENED: 'was opened',
  PAYMENT_SENT: 'is marked as paid',
  CANCEL_ACCEPTED: 'was cancelled by both',
  CANCEL_REJECTED: 'goes on: the buyer did not agree to cancel',
  EXTENDED: 'has more time for the payment',
  PAYMENT_CONFIRMED: 'is complete: the coins were released',
  DISPUTE_OPENED: 'is in dispute',
  DISPUTE_OPENED_BY_CLOCK: 'is in dispute, since nobody acted in time',
  STATEMENT: 'has a new statement in its dispute',
  EVIDENCE: 'has new evidence in its dispute',
  DISPUTE_WITHDRAWN: 'is no longer in dispute',
  DISPUTE_TAKEN: 'has an arbitrator now',
  DISPUTE_REASSIGNED: 'has another arbitrator now',
  VERDICT: 'has a verdict',
  APPEALED: 'goes to another arbitrator: the verdict was appealed',
  CONCEDED: 'is over: the buyer gave in',
  MESSAGE: 'has a new message',
  FROZEN: 'was stopped by an admin',
  UNFROZEN: 'goes on: an admin let it',
  PAYMENT_WINDOW_OVER: 'has expired: the payment window is over',
  RELEASE_WINDOW_OVER: 'is overdue: the seller has not released in time',
  ESCALATED: 'was brought before the admins: its dispute took too long',
  VERDICT_CARRIED_OUT: 'is over: the verdict was carried out',
};

/** What a notification says, in a sentence. */
export function noticeSentence(
  told: Told,
  money: (amount: string, currency: string) => string,
): string {
  const order = `Order ${told.order_id} on ${told.instrument}`;
  switch (told.type) {
    case 'ORDER_FILLED':
      return `${order} was filled`;
    case 'ORDER_ENDED':
      return `${order} is ${plain(told.status)}${told.status_reason ? `: ${plain(told.status_reason)}` : ''}`;
    case 'STOP_TRIGGERED':
      return `${order} was triggered`;
    case 'SWITCH_FIRED':
      return "The dead man's switch has cancelled your orders";
    case 'DEPOSIT_RECEIVED':
      return `${money(told.amount ?? '0', told.currency ?? '')} came in`;
    case 'FROZEN':
      return 'An admin has frozen your account: you cannot place orders or withdraw';
    case 'UNFROZEN':
      return 'Your account is no longer frozen';
    case 'ROLE_CHANGED':
      return `Your role is now ${plain(told.role)}`;
    case 'PASSWORD_CHANGED':
      return 'Your password was changed';
    case 'P2P_TRADE':
      return `P2P trade ${told.p2p_trade_id} ${p2pWords(told)}`;
    case 'P2P_MESSAGE':
      return `New message in P2P trade ${told.p2p_trade_id}`;
    case 'AD_EXPIRED':
      return `Your ad ${told.advertisement_id} has expired`;
    case 'REVIEWED':
      return `You were given ${told.rating} of 5 for P2P trade ${told.p2p_trade_id}`;
    default:
      return plain(told.type);
  }
}

/** Where a notification leads. */
export function noticeLink(told: Told): string | null {
  switch (told.type) {
    case 'REVIEWED':
    case 'PASSWORD_CHANGED':
    case 'ROLE_CHANGED':
      return '/profile';
    case 'AD_EXPIRED':
      return '/p2p/ads';
    case 'DEPOSIT_RECEIVED':
      return '/wallets';
  }
  if (told.p2p_trade_id) return `/p2p/trades/${told.p2p_trade_id}`;
  return told.instrument ? `/trade/${told.instrument}` : null;
}

/** How its toast looks. */
export function noticeTone(told: Told): Tone {
  if (told.type === 'FROZEN') return 'bad';
  const isGood =
    ['ORDER_FILLED', 'DEPOSIT_RECEIVED', 'UNFROZEN'].includes(told.type) ||
    told.action === 'PAYMENT_CONFIRMED';
  return isGood ? 'good' : 'plain';
}

function p2pWords({ action, status }: Told): string {
  if (action === 'CANCEL')
    return status === 'CANCELLED' ? 'was cancelled' : 'has a request to cancel from the seller';
  return P2P[action ?? ''] ?? `is ${plain(status)}`;
}

function plain(code: string | null | undefined): string {
  return (code ?? '').replaceAll('_', ' ').toLowerCase();
}
