import type { Order, OwnTrade, Posting } from '../core/client';

/** What a posting can come from. */
export const TYPES = [
  'REGISTRATION',
  'DEPOSIT',
  'WITHDRAWAL',
  'TRADE',
  'FEE',
  'ORDER_LOCK',
  'ORDER_UNLOCK',
  'ESCROW_LOCK',
  'ESCROW_RELEASE',
  'ESCROW_REFUND',
] as const;

/** Where an amount stands, in words. */
export const ACCOUNTS: Readonly<Record<string, string>> = {
  AVAILABLE: 'Available',
  ORDERS: 'In orders',
  ADS: 'In ads',
  TRADES: 'In escrow',
};

/**
 * `rows` with those of the newest page in front that are not among them; null where the page does not
 * reach down to them, so that something between may be missing.
 */
export function withNewest(
  rows: readonly Posting[],
  page: readonly Posting[],
): readonly Posting[] | null {
  const known = new Set(rows.map(({ id }) => id));
  const fresh = page.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return rows;
  if (rows.length > 0 && fresh.length === page.length) return null;
  return [...fresh, ...rows];
}

/** The fills that a posting is a leg of. */
export function fillsOf(posting: Posting, fills: readonly OwnTrade[]): readonly OwnTrade[] {
  return fills.filter(({ sequence }) => sequence === posting.sequence);
}

/**
 * The order that a lock was made for, or an unlock came from. Postings do not name it; it was placed, or
 * last changed, in the very millisecond, and gives or gets the posting's asset.
 */
export function orderOf(posting: Posting, orders: readonly Order[]): Order | null {
  const stamp = posting.type === 'ORDER_LOCK' ? 'created_at' : 'updated_at';
  const found = orders.filter((order) => {
    const [base, quote] = order.instrument.split('-');
    const locked = order.order_type === 'BUY' ? quote : base;
    return order[stamp] === posting.created_at && locked === posting.currency;
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}
