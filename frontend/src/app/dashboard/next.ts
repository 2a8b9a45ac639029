import type { P2PTrade } from '../core/client';

export interface Next {
  /** Whether it is one's own turn. */
  isMine: boolean;
  text: string;
}

/** Who acts next in an open P2P trade, as `me` sees it. */
export function nextOf(trade: P2PTrade, me: string): Next {
  const isBuyer = trade.buyer === me;
  const mine = (text: string): Next => ({ isMine: true, text });
  const theirs = (text: string): Next => ({ isMine: false, text });
  if (trade.frozen) return theirs('Stopped by an admin');
  if (trade.cancel_requested_by)
    return isBuyer
      ? mine('Answer the request to cancel')
      : theirs('The buyer answers your request to cancel');
  switch (trade.status) {
    case 'PENDING':
      return isBuyer ? mine('Pay, then say so') : theirs('The buyer pays');
    case 'PAYMENT_SENT':
      return isBuyer
        ? theirs('The seller checks the payment')
        : mine('Check the payment, then release');
    case 'RELEASE_OVERDUE':
      return isBuyer
        ? mine('The seller is late: wait, or open a dispute')
        : mine('You are late: check the payment, then release');
    case 'DISPUTED':
      return theirs('An arbitrator looks at it');
    case 'VERDICT_PENDING':
      return theirs('The verdict waits for an appeal');
    default:
      return theirs('It has ended');
  }
}
