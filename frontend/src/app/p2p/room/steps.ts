import type { P2PTrade } from '../../core/client';
import { isOpen } from '../machine';

export interface Step {
  label: string;
  /** `bad` is where it went another way. */
  state: 'done' | 'now' | 'todo' | 'bad';
  /** Who acts at it, if that is a party. */
  by: string | null;
}

/** The way of a trade: the straight one, or with the dispute that came in between. */
export function stepsOf(trade: P2PTrade): readonly Step[] {
  const wasDisputed = trade.dispute_id != null && trade.status !== 'RELEASE_OVERDUE';
  const names: [string, string | null][] = wasDisputed
    ? [
        ['Coins in escrow', null],
        ['Payment sent', trade.buyer],
        ['Dispute', null],
        ['Verdict', null],
        [endOf(trade), null],
      ]
    : [
        ['Coins in escrow', null],
        ['Payment sent', trade.buyer],
        ['Coins released', trade.seller],
        [endOf(trade), null],
      ];
  const at = reached(trade, wasDisputed);
  const isOver = !isOpen(trade);
  const failed = ['CANCELLED', 'EXPIRED'].includes(trade.status);
  return names.map(([label, by], index) => {
    const isLast = index === names.length - 1;
    if (isLast && isOver) return { label, by, state: failed ? 'bad' : 'done' };
    if (index < at) return { label, by, state: 'done' };
    return { label, by, state: index === at && !isOver ? 'now' : 'todo' };
  });
}

/** Which step is the next; those before it are done. */
function reached(trade: P2PTrade, wasDisputed: boolean): number {
  switch (trade.status) {
    case 'PENDING':
      return 1;
    case 'PAYMENT_SENT':
    case 'RELEASE_OVERDUE':
    case 'DISPUTED':
      return 2;
    case 'VERDICT_PENDING':
      return 3;
    case 'COMPLETED':
    case 'RESOLVED_BUYER':
    case 'RESOLVED_SELLER':
    case 'RESOLVED_SPLIT':
      return wasDisputed && trade.status === 'COMPLETED' ? 3 : 4;
    default:
      return trade.sent_at ? (wasDisputed ? 3 : 2) : 1;
  }
}

function endOf(trade: P2PTrade): string {
  switch (trade.status) {
    case 'CANCELLED':
      return 'Cancelled';
    case 'EXPIRED':
      return 'Expired';
    case 'RESOLVED_BUYER':
    case 'RESOLVED_SELLER':
    case 'RESOLVED_SPLIT':
      return 'Resolved';
    default:
      return 'Completed';
  }
}
