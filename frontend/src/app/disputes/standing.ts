import type { DisputeCase, DisputeSummary } from '../core/client';

/** A dispute as far as one sees it: who is not in it sees what it is about only. */
export type Seen = DisputeSummary & Partial<DisputeCase>;

/** What somebody is in a dispute. */
export interface Standing {
  isParty: boolean;
  isAssigned: boolean;
  /** Whether statements, evidence, chat and trail are there to be read. */
  seesAll: boolean;
  mayTake: boolean;
  mayReassign: boolean;
  mayDecide: boolean;
  /** Until when the second party may still be waited for; null where both were heard. */
  waitsUntil: string | null;
  mayAppeal: boolean;
}

interface Who {
  username: string;
  isArbitrator: boolean;
  isAdmin: boolean;
}

/** What `who` may do in `dispute` at `now` (milliseconds); the exchange has the last word. */
export function standingOf(dispute: Seen, who: Who, now: number): Standing {
  const { arbitrator, buyer, seller, status, trade_status, verdict } = dispute;
  const isParty = [buyer, seller].includes(who.username);
  const isAssigned = !isParty && who.isArbitrator && arbitrator === who.username;
  const isUndecided = trade_status === 'DISPUTED';
  const heard = new Set(dispute.statements?.map(({ by }) => by));
  const isWaiting =
    !(heard.has(buyer) && heard.has(seller)) && now < Date.parse(dispute.statements_until);
  const isLoser =
    verdict?.outcome === 'SPLIT' ||
    who.username === (verdict?.outcome === 'BUYER' ? seller : buyer);
  return {
    isParty,
    isAssigned,
    seesAll: dispute.statements !== undefined,
    mayTake: !isParty && who.isArbitrator && isUndecided && status === 'OPEN' && !arbitrator,
    mayReassign: !isParty && isUndecided && (who.isAdmin || isAssigned),
    mayDecide: isAssigned && isUndecided,
    waitsUntil: isWaiting ? dispute.statements_until : null,
    mayAppeal: isParty && status === 'DECIDED' && !dispute.appealed_by && isLoser,
  };
}

/** What an outcome says, in words. */
export function outcomeWords(outcome: string, buyerPercent: number | null | undefined): string {
  if (outcome === 'SPLIT') return `Split: ${buyerPercent} % to the buyer`;
  return outcome === 'BUYER' ? 'All to the buyer' : 'All to the seller';
}
