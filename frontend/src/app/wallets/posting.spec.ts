import type { Order, Posting } from '../core/client';
import { orderOf, withNewest } from './posting';

const posting = (id: string, more: Partial<Posting> = {}): Posting => ({
  id,
  account: 'ORDERS',
  amount: '1.00',
  created_at: '2026-02-03T00:00:00.000Z',
  currency: 'USD',
  sequence: 1,
  type: 'ORDER_LOCK',
  ...more,
});
const ids = (rows: readonly Posting[] | null) => rows?.map(({ id }) => id);

describe('withNewest', () => {
  it('puts what is new in front', () => {
    const rows = [posting('2'), posting('1')];
    expect(ids(withNewest(rows, [posting('3'), posting('2')]))).toEqual(['3', '2', '1']);
    expect(withNewest(rows, rows)).toBe(rows);
    expect(ids(withNewest([], [posting('1')]))).toEqual(['1']);
  });

  it('says that it cannot tell what lies between', () => {
    expect(withNewest([posting('1')], [posting('9'), posting('8')])).toBeNull();
  });
});

describe('orderOf', () => {
  const order = (id: string, more: Partial<Order> = {}) =>
    ({
      id,
      instrument: 'BTC-USD',
      order_type: 'BUY',
      created_at: '2026-02-03T00:00:00.000Z',
      updated_at: '2026-02-03T00:00:05.000Z',
      ...more,
    }) as Order;

  it('finds the one order of that moment and asset', () => {
    expect(orderOf(posting('1'), [order('7')])?.id).toBe('7');
    expect(orderOf(posting('1'), [order('7', { order_type: 'SELL' })])).toBeNull();
    const unlock = posting('2', {
      type: 'ORDER_UNLOCK',
      created_at: '2026-02-03T00:00:05.000Z',
    });
    expect(orderOf(unlock, [order('7')])?.id).toBe('7');
  });

  it('does not guess between two', () => {
    expect(orderOf(posting('1'), [order('7'), order('8')])).toBeNull();
  });
});
