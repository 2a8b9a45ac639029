import { depthCurves, stepPath, totalAt } from './depth-curve';
import { OrderBook } from './order-book';

function view() {
  const book = new OrderBook();
  book.start(1, {
    bids: [
      ['99.00', '1'],
      ['98.00', '2'],
      ['50.00', '100'],
    ],
    asks: [
      ['101.00', '3'],
      ['104.00', '1'],
    ],
    checksum: 0,
  });
  return book.view();
}

describe('depthCurves', () => {
  it('adds up outwards, within reach of the middle', () => {
    const curves = depthCurves(view(), 5)!;
    expect(curves.bids).toEqual([
      { price: 99, total: 1 },
      { price: 98, total: 3 },
    ]);
    expect(curves.asks.at(-1)).toEqual({ price: 104, total: 4 });
    expect([curves.low, curves.high, curves.most]).toEqual([95, 105, 4]);
    expect(depthCurves(new OrderBook().view(), 5)).toBeNull();
  });

  it('draws steps down to the floor', () => {
    const curves = depthCurves(view(), 5)!;
    expect(stepPath(curves.asks, curves.high, curves, 100, 100)).toBe(
      'M60 100H60V29.5H90V6H100V100Z',
    );
    expect(stepPath([], 0, curves, 100, 100)).toBe('');
  });

  it('tells what stands up to a price', () => {
    const curves = depthCurves(view(), 5)!;
    expect(totalAt(curves, 97)?.total).toBe(3);
    expect(totalAt(curves, 98.5)?.total).toBe(1);
    expect(totalAt(curves, 103)?.total).toBe(3);
    expect(totalAt(curves, 100)).toBeNull();
  });
});
