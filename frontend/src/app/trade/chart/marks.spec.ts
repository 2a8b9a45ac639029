import { describe, expect, it } from 'vitest';
import { marksOf } from './marks';

describe('marks of fills', () => {
  const fill = (created_at: string, order_type: string) => ({ created_at, order_type });

  it('are one for each side of a candle', () => {
    const marks = marksOf(
      [
        fill('2026-01-31T12:01:00.000Z', 'BUY'),
        fill('2026-01-31T12:14:59.999Z', 'BUY'),
        fill('2026-01-31T12:02:00.000Z', 'SELL'),
        fill('2026-01-31T12:15:00.000Z', 'BUY'),
      ],
      900_000,
    );
    const at = Date.parse('2026-01-31T12:00:00.000Z');
    expect(marks).toEqual([
      { at, isBuy: true, count: 2 },
      { at, isBuy: false, count: 1 },
      { at: at + 900_000, isBuy: true, count: 1 },
    ]);
  });
});
