import { crc32 } from './crc32';
import { type BookData, OrderBook } from './order-book';

type Text = readonly [string, string];
const data = (bids: readonly Text[], asks: readonly Text[], checksum = 0): BookData => ({
  bids,
  asks,
  checksum,
});
const prices = (levels: readonly { texts: Text }[]) => levels.map(({ texts }) => texts.join(' x '));

describe('OrderBook', () => {
  it('knows the checksum of the standard, and that of the documentation', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(crc32('')).toBe(0);
    const book = new OrderBook();
    expect(book.start(1, data([], [['60000.00', '0.02000']], 251943653))).toBe(true);
  });

  it('keeps each side in order, best first, whatever the order of the levels', () => {
    const book = new OrderBook();
    book.start(
      1,
      data(
        [
          ['9000.00', '1'],
          ['10000.00', '2'],
          ['9999.99', '3'],
        ],
        [
          ['10000.02', '5'],
          ['10000.01', '4'],
          ['20000.00', '6'],
        ],
      ),
    );
    const { bids, asks } = book.view();
    expect(prices(bids)).toEqual(['10000.00 x 2', '9999.99 x 3', '9000.00 x 1']);
    expect(prices(asks)).toEqual(['10000.01 x 4', '10000.02 x 5', '20000.00 x 6']);
  });

  it('sets, replaces and removes levels, and forgives the removal of what it never had', () => {
    const book = new OrderBook();
    book.start(1, data([['10.00', '1']], [['11.00', '1']]));
    book.apply(
      2,
      data(
        [
          ['10.00', '0'],
          ['9.50', '7'],
          ['1.00', '0'],
        ],
        [['11.00', '3']],
      ),
    );
    expect(prices(book.view().bids)).toEqual(['9.50 x 7']);
    expect(prices(book.view().asks)).toEqual(['11.00 x 3']);
    expect(book.view().sequence).toBe(2);
  });

  it('leaves a view as it was taken', () => {
    const book = new OrderBook();
    book.start(1, data([['10.00', '1']], []));
    const before = book.view();
    book.apply(2, data([['10.00', '2']], []));
    expect(prices(before.bids)).toEqual(['10.00 x 1']);
  });

  it('takes the checksum of ten levels a side, alternating, missing ones skipped', () => {
    const bids = Array.from({ length: 12 }, (_, at): Text => [`${100 - at}.00`, `${at + 1}`]);
    const text = [bids[0], ['101.00', '5'], ...bids.slice(1, 10)].flat().join(':');
    const book = new OrderBook();
    expect(book.start(1, data(bids, [['101.00', '5']], crc32(text)))).toBe(true);
    expect(book.apply(2, data([['89.00', '9']], [], crc32(text)))).toBe(true);
    expect(book.apply(3, data([['100.00', '9']], [], crc32(text)))).toBe(false);
  });

  it('begins anew from a snapshot', () => {
    const book = new OrderBook();
    book.start(1, data([['10.00', '1']], [['11.00', '1']]));
    book.start(9, data([['12.00', '1']], []));
    expect(prices(book.view().bids)).toEqual(['12.00 x 1']);
    expect(book.view().asks).toEqual([]);
  });
});
