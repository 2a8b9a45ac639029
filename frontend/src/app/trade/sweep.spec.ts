import { Decimal } from '../core/decimal';
import { OrderBook } from './order-book';
import { affordable, sweep, type Taking } from './sweep';
import { protectionPrice, type Side, type Terms } from './terms';

const of = (text: string) => Decimal.of(text);
const TERMS: Terms = {
  name: 'BTC-USD',
  base: 'BTC',
  quote: 'USD',
  tick: of('0.01'),
  lot: of('0.00001'),
  minNotional: of('1.00'),
  makerFee: of('0.1000'),
  takerFee: of('0.2000'),
  protection: of('5.0000'),
  band: of('20.0000'),
  baseScale: 8,
  quoteScale: 2,
};

const book = new OrderBook();
book.start(1, {
  asks: [
    ['60000.00', '0.01000'],
    ['60010.00', '0.02000'],
    ['60100.00', '1.00000'],
  ],
  bids: [
    ['59990.00', '0.01000'],
    ['59000.00', '0.50000'],
  ],
  checksum: 0,
});
const { bids, asks } = book.view();

function take(side: Side, what: Partial<Record<'limit' | 'quantity' | 'amount', string>>) {
  const read = (text?: string) => (text === undefined ? null : of(text));
  const order: Taking = {
    side,
    limit: read(what.limit),
    quantity: read(what.quantity),
    amount: read(what.amount),
  };
  const found = sweep(side === 'BUY' ? asks : bids, order, TERMS);
  return Object.fromEntries(
    Object.entries(found).map(([name, figure]) => [name, figure?.toString() ?? null]),
  );
}

describe('sweep', () => {
  it('takes one level at its price', () => {
    expect(take('BUY', { quantity: '0.005' })).toEqual({
      filled: '0.00500',
      notional: '300.00',
      average: '60000.00',
      worst: '60000.00',
      slippage: '0.000',
      fee: '0.00001000',
      received: '0.00499000',
      left: '0.000',
    });
  });

  it('walks through the levels: average, worst price and slippage', () => {
    const found = take('BUY', { quantity: '0.04' });
    // 600 + 1200.20 + 601 for 0.04.
    expect(found).toMatchObject({ notional: '2401.20', average: '60030.00', worst: '60100.00' });
    expect(found).toMatchObject({ slippage: '0.050', fee: '0.00008000', left: '0.00000' });
  });

  it('stops at the limit', () => {
    const found = take('BUY', { quantity: '0.04', limit: '60010.00' });
    expect(found).toMatchObject({ filled: '0.03000', left: '0.01000', worst: '60010.00' });
  });

  it('takes the fee of a sale from the proceeds, rounded up on each fill', () => {
    const found = take('SELL', { quantity: '0.02' });
    // 599.90 and 590.00: fees 1.1998 -> 1.20 and 1.18.
    expect(found).toMatchObject({ notional: '1189.90', fee: '2.38', received: '1187.52' });
    expect(found).toMatchObject({ average: '59495.00', slippage: '0.825' });
  });

  it('spends an amount and keeps what buys no further lot', () => {
    const found = take('BUY', { amount: '1000.00' });
    // 0.01 for 600.00, then 0.00666 for 399.66; 0.00667 would be 400.26.
    expect(found).toMatchObject({ filled: '0.01666', notional: '999.66', left: '0.34' });
  });

  it('tells what a thin book leaves', () => {
    expect(take('SELL', { quantity: '1' })).toMatchObject({ filled: '0.51000', left: '0.49000' });
    expect(take('BUY', { quantity: '1', limit: '1.00' })).toMatchObject({
      filled: '0.00000',
      average: null,
      slippage: null,
      left: '1',
    });
  });
});

describe('affordable', () => {
  it('is the most whose notional, rounded down, is within the amount', () => {
    for (const [price, amount, most] of [
      ['60000.00', '600.00', '0.01000'],
      ['60000.00', '599.99', '0.00999'],
      ['60000.00', '0.59', '0.00000'],
      ['60000.01', '0.60', '0.00001'],
      ['0.01', '0.00', '0.99999'],
    ] as const)
      expect(affordable(of(price), of(amount), TERMS).toString()).toBe(most);
  });
});

describe('protectionPrice', () => {
  it('is rounded towards the best price', () => {
    expect(protectionPrice('BUY', of('60000.01'), TERMS).toString()).toBe('63000.01');
    expect(protectionPrice('SELL', of('60000.01'), TERMS).toString()).toBe('57000.01');
  });
});
