import { Decimal } from '../core/decimal';
import { groupings, ladderRows, spreadOf } from './ladder-rows';
import { OrderBook } from './order-book';

function view() {
  const book = new OrderBook();
  book.start(7, {
    bids: [
      ['60004.99', '0.10000'],
      ['60001.00', '0.20000'],
      ['59999.50', '0.30000'],
      ['59990.00', '0.40000'],
    ],
    asks: [
      ['60005.01', '0.50000'],
      ['60009.00', '0.10000'],
      ['60010.00', '0.20000'],
      ['60010.01', '0.30000'],
    ],
    checksum: 0,
  });
  return book.view();
}
const NONE = { bids: [], asks: [] };
const brief = (rows: readonly { price: string; quantity: string; total: string }[]) =>
  rows.map(({ price, quantity, total }) => `${price} ${quantity} ${total}`);

describe('ladderRows', () => {
  it('adds up from the best price outwards', () => {
    const rows = ladderRows(view(), Decimal.of('0.01'), 2, NONE);
    expect(brief(rows.bids)).toEqual(['60004.99 0.10000 0.10000', '60001.00 0.20000 0.30000']);
    expect(brief(rows.asks)).toEqual(['60005.01 0.50000 0.50000', '60009.00 0.10000 0.60000']);
  });

  it('measures bars of both sides by the longest', () => {
    const rows = ladderRows(view(), Decimal.of('0.01'), 2, NONE);
    expect(rows.asks.map(({ share }) => share)).toEqual([83.3, 100]);
    expect(rows.bids.map(({ share }) => share)).toEqual([16.7, 50]);
  });

  it('groups bids downwards and asks upwards', () => {
    const rows = ladderRows(view(), Decimal.of('10'), 5, NONE);
    expect(brief(rows.bids)).toEqual(['60000 0.30000 0.30000', '59990 0.70000 1.00000']);
    expect(brief(rows.asks)).toEqual(['60010 0.80000 0.80000', '60020 0.30000 1.10000']);
  });

  it('marks where own orders stand, grouped as the rest', () => {
    const own = { bids: [Decimal.of('59999.50')], asks: [Decimal.of('60010.01')] };
    const fine = ladderRows(view(), Decimal.of('0.01'), 5, own);
    expect(fine.bids.map(({ isOwn }) => isOwn)).toEqual([false, false, true, false]);
    const rough = ladderRows(view(), Decimal.of('10'), 5, own);
    expect(rough.bids.map(({ isOwn }) => isOwn)).toEqual([false, true]);
    expect(rough.asks.map(({ isOwn }) => isOwn)).toEqual([false, true]);
  });

  it('is empty where the book is', () => {
    expect(ladderRows(new OrderBook().view(), Decimal.one, 5, NONE)).toEqual(NONE);
  });
});

describe('groupings', () => {
  it('go from the tick to a hundredth of the price', () => {
    expect(groupings('0.01', '60000.00')).toEqual(['0.01', '0.1', '1', '10', '100']);
    expect(groupings('0.0001', '1.0002')).toEqual(['0.0001', '0.001', '0.01']);
    expect(groupings('0.01', null)).toEqual(['0.01']);
  });
});

describe('spreadOf', () => {
  it('is exact, and in percent of the middle', () => {
    expect(spreadOf(view())).toEqual({ amount: '0.02', percent: '0.000' });
    expect(spreadOf(new OrderBook().view())).toBeNull();
  });
});
