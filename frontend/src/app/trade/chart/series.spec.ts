import type { Candle } from '../../core/client';
import { movingAverage, relativeStrength } from './indicators';
import { withNewest, withOlder } from './series';

const candle = (minute: number, close: string, trades = 1): Candle => ({
  start: new Date(minute * 60_000).toISOString(),
  open: close,
  high: close,
  low: close,
  close,
  volume: '12.50000',
  quote_volume: '100.00',
  trades,
});
const brief = (candles: readonly Candle[]) =>
  candles.map(({ start, close, trades }) => [Date.parse(start) / 60_000, close, trades]);

describe('withNewest', () => {
  it('replaces the candle of the same span and goes on with the next', () => {
    const one = withNewest([candle(1, '10'), candle(2, '11')], candle(2, '12', 5), '1m');
    expect(brief(one)).toEqual([
      [1, '10', 1],
      [2, '12', 5],
    ]);
    expect(brief(withNewest(one, candle(3, '13'), '1m'))).toHaveLength(3);
  });

  it('fills spans without a trade with the close before', () => {
    const filled = withNewest([candle(1, '10')], candle(4, '14'), '1m');
    expect(brief(filled)).toEqual([
      [1, '10', 1],
      [2, '10', 0],
      [3, '10', 0],
      [4, '14', 1],
    ]);
    expect(filled[1]).toMatchObject({ volume: '0.00000', quote_volume: '0.00' });
  });

  it('ignores what is older than the last', () => {
    const kept = [candle(5, '10')];
    expect(withNewest(kept, candle(4, '9'), '1m')).toBe(kept);
    expect(brief(withNewest([], candle(4, '9'), '1m'))).toEqual([[4, '9', 1]]);
  });
});

describe('withOlder', () => {
  it('joins without doubles', () => {
    const joined = withOlder([candle(3, '3')], [candle(1, '1'), candle(2, '2'), candle(3, 'x')]);
    expect(brief(joined).map(([minute]) => minute)).toEqual([1, 2, 3]);
    expect(joined.at(-1)?.close).toBe('3');
  });
});

describe('indicators', () => {
  it('average the last values', () => {
    expect(movingAverage([1, 2, 3, 4], 2)).toEqual([null, 1.5, 2.5, 3.5]);
    expect(movingAverage([1], 2)).toEqual([null]);
  });

  it('agree with the worked example of the relative strength index', () => {
    // The closes of the example at school.stockcharts.com, 14 periods.
    const closes = [
      44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.1, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61,
      46.28, 46.28, 46.0, 46.03,
    ];
    const line = relativeStrength(closes, 14);
    expect(line.slice(0, 14).every((value) => value === null)).toBe(true);
    expect(line[14]).toBeCloseTo(70.46, 1);
    expect(line[15]).toBeCloseTo(66.25, 1);
    expect(line[16]).toBeCloseTo(66.48, 1);
  });

  it('stands in the middle where nothing moves', () => {
    expect(relativeStrength([5, 5, 5], 2)).toEqual([null, null, 50]);
  });
});
