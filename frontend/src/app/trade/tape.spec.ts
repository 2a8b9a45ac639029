import type { Print } from '../core/client';
import { mergePrints } from './tape';

const print = (trade_id: string): Print => ({
  trade_id,
  price: '1.00',
  quantity: '1',
  notional: '1.00',
  taker_side: 'BUY',
  sequence: Number(trade_id),
  created_at: '2026-01-01T00:00:00.000Z',
});
const ids = (prints: readonly Print[]) => prints.map(({ trade_id }) => trade_id);

describe('mergePrints', () => {
  it('has each trade once, newest first, whichever way it came', () => {
    const kept = ['10', '9', '8'].map(print);
    expect(ids(mergePrints(kept, ['9', '10', '11', '100'].map(print), 10))).toEqual([
      '100',
      '11',
      '10',
      '9',
      '8',
    ]);
  });

  it('keeps the newest', () => {
    expect(ids(mergePrints(['3', '2'].map(print), ['4'].map(print), 2))).toEqual(['4', '3']);
  });
});
