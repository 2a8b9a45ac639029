import type { Dispute, P2PTrade, Verdict, P2PTradeStatus, VerdictOutcome } from '../../core/client';
import { type Role, isOpen, otherOf } from '../machine';
import { TRADE_REASONS } from '../texts';

/** What somebody should know at a glance: what is next, and what the clock does then. */
export interface Outlook {
  title: string;
  text: string;
  /** What happens at the deadline; null where there is none. */
  then: string | null;
}

/** How a trade stands for somebody. `fiat` and `amount` are its figures as they are written. */
export function outlookOf(
  trade: P2PTrade,
  role: Role,
  dispute: Dispute | null,
  fiat: string,
  amount: string,
): Outlook {
  if (trade.frozen && isOpen(trade))
    return {
      title: 'Frozen by an admin',
      text: 'Nothing can be done and no deadline runs until an admin lifts it. The coins stay in escrow.',
      then: null,
    };
  const outlook = role === 'seller' ? sellers(trade, fiat) : buyers(trade, role, fiat);
  if (outlook) return outlook;
  if (trade.status === 'DISPUTED') return disputed(dispute);
  if (trade.status === 'VERDICT_PENDING') return decided(trade, dispute);
  return over(trade, dispute, amount);
}

function buyers(trade: P2PTrade, role: Role, fiat: string): Outlook | null {
  const { seller } = trade;
  const you = role === 'buyer';
  switch (trade.status) {
    case 'PENDING':
      return {
        title: you ? `Pay ${seller} ${fiat}` : `${trade.buyer} pays ${seller}`,
        text: 'Pay exactly this amount, from an account in your own name. Then say so here: until then the seller does not know.',
        then: 'If the payment is not marked by then, the trade expires and it counts against the buyer.',
      };
    case 'PAYMENT_SENT':
      return {
        title: `${seller} checks the payment`,
        text: `${seller} looks whether ${fiat} has arrived, and then releases the coins.`,
        then: 'If they are not released by then, you can open a dispute.',
      };
    case 'RELEASE_OVERDUE':
      return {
        title: `${seller} is late`,
        text: 'Write in the chat, or open a dispute: an arbitrator then decides. The coins stay in escrow.',
        then: 'If nobody does anything, the dispute opens by itself.',
      };
    default:
      return null;
  }
}

function sellers(trade: P2PTrade, fiat: string): Outlook | null {
  const { buyer } = trade;
  switch (trade.status) {
    case 'PENDING':
      return {
        title: `Waiting for ${buyer} to pay`,
        text: `Your coins are in escrow. Nothing to do until ${buyer} has sent ${fiat}.`,
        then: 'If the payment is not marked by then, the trade expires and your coins come back.',
      };
    case 'PAYMENT_SENT':
      return {
        title: 'Look at your account, then release',
        text: `${buyer} says that ${fiat} was sent. Release only what has arrived, in full and from ${buyer}’s own account.`,
        then: `After that ${buyer} can open a dispute. If something is wrong, you can open one now.`,
      };
    case 'RELEASE_OVERDUE':
      return {
        title: 'You are late: release, or say what is wrong',
        text: `${buyer} says that ${fiat} was sent. If it has not arrived, open a dispute.`,
        then: 'If nobody does anything, the dispute opens by itself.',
      };
    default:
      return null;
  }
}

function disputed(dispute: Dispute | null): Outlook {
  return {
    title: dispute?.arbitrator
      ? `${dispute.arbitrator} decides the dispute`
      : 'Waiting for an arbitrator',
    text: 'Both of you say what happened and bring in evidence. The coins stay in escrow until there is a verdict, or you come to terms.',
    then: dispute?.escalated ? null : 'If there is no verdict by then, the admins are told.',
  };
}

function decided(trade: P2PTrade, dispute: Dispute | null): Outlook {
  return {
    title: `Verdict: ${verdictText(trade, dispute)}`,
    text: dispute?.appealed_by
      ? 'It was appealed once and is final now.'
      : 'Whoever loses by it may appeal, once, until it is carried out.',
    then: 'The verdict is carried out then.',
  };
}

function over(trade: P2PTrade, dispute: Dispute | null, amount: string): Outlook {
  const reason = TRADE_REASONS[trade.status_reason ?? ''] ?? '';
  const { buyer, seller, status } = trade;
  if (status === 'COMPLETED')
    return { title: 'Completed', text: `${amount} went to ${buyer}. ${reason}`.trim(), then: null };
  if (status === 'CANCELLED' || status === 'EXPIRED')
    return {
      title: status === 'EXPIRED' ? 'Expired' : 'Cancelled',
      text: `The coins went back to ${seller}. ${reason}`.trim(),
      then: null,
    };
  const text = 'The verdict was carried out.';
  return { title: `Verdict: ${verdictText(trade, dispute)}`, text, then: null };
}

/** What the verdict gives to whom: the newest one, as far as the dispute is known. */
export function verdictText(trade: P2PTrade, dispute: Dispute | null): string {
  return outcomeText(trade, dispute?.verdict ?? { outcome: carriedOut(trade.status) });
}

/** What was carried out, as the state of the trade tells it. */
function carriedOut(status: P2PTradeStatus): VerdictOutcome {
  if (status === 'RESOLVED_BUYER') return 'BUYER';
  return status === 'RESOLVED_SELLER' ? 'SELLER' : 'SPLIT';
}

/** What an outcome gives to whom. */
export function outcomeText(
  trade: P2PTrade,
  { outcome, buyer_percent: percent }: Pick<Verdict, 'outcome' | 'buyer_percent'>,
): string {
  if (outcome === 'BUYER') return `the coins go to ${trade.buyer}`;
  if (outcome === 'SELLER') return `the coins go back to ${trade.seller}`;
  if (percent == null) return 'the coins are split';
  return `${percent} % to ${trade.buyer}, ${100 - percent} % back to ${trade.seller}`;
}

/** How cancelling works for somebody now; null where it is not a matter any more. */
export function cancelRules(trade: P2PTrade, role: Role): readonly string[] | null {
  const isPaid = trade.status === 'PAYMENT_SENT' || trade.status === 'RELEASE_OVERDUE';
  if (role === 'observer' || (trade.status !== 'PENDING' && !isPaid)) return null;
  const other = otherOf(trade, role);
  if (role === 'seller')
    return [
      `You cannot cancel by yourself: you ask ${other} to agree, three times at most.`,
      'A cancel that both agree to counts against nobody.',
      `If ${other} refuses or pays, your request is void.`,
    ];
  const bars =
    'Too many in a day keep you from taking ads: at first for 15 minutes, in the end for the rest of the day.';
  return isPaid
    ? [
        'Cancel only if no money was sent; if it was, you would lose it.',
        'It counts as a heavier fault: one a day is let pass, three while you have fewer than three completed trades.',
        bars,
        `If ${other} asks for a cancel and you agree, it counts against nobody.`,
      ]
    : [
        'You can cancel until you have marked the payment as sent.',
        'Right after opening, normally for two minutes, it counts against nobody.',
        'Later it is a fault: three a day are let pass, five while you have fewer than three completed trades.',
        bars,
      ];
}
