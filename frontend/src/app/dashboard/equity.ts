import type { Balance, Candle, Posting } from '../core/client';
import { Decimal } from '../core/decimal';

export interface Point {
  /** In milliseconds since 1970. */
  at: number;
  usd: Decimal;
}

/** The candles of each instrument, oldest first. */
export type Histories = Readonly<Record<string, readonly Candle[]>>;

export const HOUR_MS = 3_600_000;
const MOVES = ['REGISTRATION', 'DEPOSIT', 'WITHDRAWAL'];

/**
 * What one unit of `asset` was worth in USD at a time: by the hour's close before it; before the first
 * trade by that one's price, so that a first price is no gain. Null where there never was one.
 */
export function usdPriceAt(histories: Histories, asset: string, at: number): Decimal | null {
  if (asset === 'USD') return Decimal.one;
  const direct = priceAt(histories[`${asset}-USD`], at);
  if (direct) return direct;
  const usdt = priceAt(histories['USDT-USD'], at) ?? Decimal.one;
  if (asset === 'USDT') return usdt;
  return priceAt(histories[`${asset}-USDT`], at)?.times(usdt) ?? null;
}

function priceAt(candles: readonly Candle[] | undefined, at: number): Decimal | null {
  const first = candles?.[0];
  if (!candles || !first) return null;
  const closed = candles.findLast(({ start }) => Date.parse(start) + HOUR_MS <= at);
  return Decimal.of(closed ? closed.close : first.open);
}

/** The full hours of the last `count`, oldest first; where `begun` lies among them, from it on. */
export function hoursOf(count: number, begun: number, now: number): readonly number[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const all = Array.from({ length: count }, (_, index) => last - (count - 1 - index) * HOUR_MS);
  const first = all[0] ?? last;
  return begun > first ? [begun, ...all.filter((at) => at > begun)] : all;
}

/**
 * What everything was worth at each of `times` (oldest first): the balances of now, with the postings
 * since then (newest first) taken back, at the prices of then.
 */
export function equity(
  balances: readonly Balance[],
  postings: readonly Posting[],
  histories: Histories,
  times: readonly number[],
): Point[] {
  const totals = new Map(balances.map((each) => [each.currency, Decimal.of(each.total_balance)]));
  let next = 0;
  const points = [...times].reverse().map((at) => {
    for (; next < postings.length; next++) {
      const { amount, created_at, currency } = postings[next]!;
      if (Date.parse(created_at) <= at) break;
      totals.set(currency, (totals.get(currency) ?? Decimal.zero).minus(Decimal.of(amount)));
    }
    return { at, usd: worth(totals, histories, at) };
  });
  return points.reverse();
}

/** What came in, less what went out, since `since`; each at the price of its time. */
export function paidIn(postings: readonly Posting[], histories: Histories, since: number): Decimal {
  return postings
    .filter((each) => MOVES.includes(each.type) && Date.parse(each.created_at) > since)
    .reduce((sum, { amount, created_at, currency }) => {
      const price = usdPriceAt(histories, currency, Date.parse(created_at)) ?? Decimal.zero;
      return sum.plus(Decimal.of(amount).times(price));
    }, Decimal.zero)
    .rounded(2, 'nearest');
}

function worth(totals: ReadonlyMap<string, Decimal>, histories: Histories, at: number): Decimal {
  let sum = Decimal.of('0.00');
  for (const [asset, total] of totals) {
    const price = usdPriceAt(histories, asset, at);
    if (price) sum = sum.plus(total.times(price).rounded(2, 'down'));
  }
  return sum;
}
