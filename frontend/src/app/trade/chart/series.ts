import type { Candle } from '../../core/client';

export const INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTE_MS = 60_000;
const SPANS_MS: Readonly<Record<Interval, number>> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '4h': 240 * MINUTE_MS,
  '1d': 1440 * MINUTE_MS,
};

export function spanMs(interval: Interval): number {
  return SPANS_MS[interval];
}

/** More flat candles than this are not worth drawing one by one. */
const GAP_MAX = 1500;

/**
 * `candles` (oldest first) with a newer one at their end: in the place of the last one where it is of
 * the same span, else behind it, with spans without a trade filled by the close before. An older one
 * changes nothing.
 */
export function withNewest(
  candles: readonly Candle[],
  fresh: Candle,
  interval: Interval,
): readonly Candle[] {
  const last = candles.at(-1);
  if (!last) return [fresh];
  const [from, to] = [Date.parse(last.start), Date.parse(fresh.start)];
  if (to < from) return candles;
  if (to === from) return [...candles.slice(0, -1), fresh];
  const span = spanMs(interval);
  const gap: Candle[] = [];
  for (let at = Math.max(from + span, to - GAP_MAX * span); at < to; at += span)
    gap.push(flat(at, last));
  return [...candles, ...gap, fresh];
}

/** `older` before `candles`, without what both have. */
export function withOlder(candles: readonly Candle[], older: readonly Candle[]): readonly Candle[] {
  const first = candles[0];
  if (!first) return older;
  return [...older.filter(({ start }) => start < first.start), ...candles];
}

function flat(at: number, before: Candle): Candle {
  const { close } = before;
  return {
    start: new Date(at).toISOString(),
    open: close,
    high: close,
    low: close,
    close,
    volume: zeroOf(before.volume),
    quote_volume: zeroOf(before.quote_volume),
    trades: 0,
  };
}

function zeroOf(figure: string): string {
  return figure.replace(/\d/g, '0').replace(/^0+(?=0(\.|$))/, '');
}
