import { Decimal } from '../core/decimal';
import { cautions } from './caution';
import { bodyOf, type Draft, faultsOf, portion, purseOf } from './draft';
import { OrderBook } from './order-book';
import { sweep } from './sweep';
import { termsOf } from './terms';

const of = (text: string) => Decimal.of(text);
const TERMS = termsOf({
  name: 'BTC-USD',
  base: 'BTC',
  quote: 'USD',
  tick_size: '0.01',
  lot_size: '0.00001',
  min_notional: '1.00',
  maker_fee_percent: '0.1000',
  taker_fee_percent: '0.2000',
  price_band_percent: '20.0000',
  protection_percent: '5.0000',
  status: 'TRADING',
});
const live = new OrderBook();
live.start(1, {
  bids: [['59990.00', '1.00000']],
  asks: [
    ['60000.00', '1.00000'],
    ['62000.00', '9.00000'],
  ],
  checksum: 0,
});
const BOOK = live.view();

function draft(with_: Partial<Draft> = {}): Draft {
  return {
    side: 'BUY',
    kind: 'LIMIT',
    timeInForce: 'GTC',
    postOnly: false,
    prevention: 'CANCEL_NEWEST',
    price: of('60000'),
    stopPrice: null,
    quantity: of('0.1'),
    byAmount: false,
    amount: null,
    display: null,
    ...with_,
  };
}
const faults = (with_: Partial<Draft>, available = '10000.00') =>
  faultsOf(draft(with_), BOOK, of(available), TERMS);

describe('faultsOf', () => {
  it('has nothing against a good order', () => {
    expect(faults({})).toEqual({});
    expect(faults({ kind: 'MARKET', byAmount: true, amount: of('100.00') })).toEqual({});
  });

  it('judges only the fields that the kind has', () => {
    expect(faults({ kind: 'MARKET', price: null })).toEqual({});
    expect(Object.keys(faults({ kind: 'STOP_LIMIT', price: null, quantity: null })).sort()).toEqual(
      ['price', 'quantity', 'stop_price'],
    );
  });

  it('knows ticks, lots and the least notional', () => {
    expect(faults({ price: of('60000.001') })).toEqual({
      price: 'Must be a multiple of 0.01 USD.',
    });
    expect(faults({ quantity: of('0.000001') }).quantity).toContain('multiple of 0.00001 BTC');
    expect(faults({ quantity: of('0.00001') }).quantity).toContain('least order, 1.00 USD');
    expect(faults({ quantity: of('0') })).toEqual({ quantity: 'Must be above zero.' });
  });

  it('knows what is available, and that a market order sets more aside', () => {
    expect(faults({}, '5999.99').quantity).toBe('Needs 6000.00 USD; 5999.99 are available.');
    expect(faults({ kind: 'MARKET' }, '6000.00').quantity).toContain('Needs 6300.00 USD');
    expect(faults({ side: 'SELL' }, '0.09999').quantity).toContain('Needs 0.1 BTC');
    expect(faults({ kind: 'MARKET', byAmount: true, amount: of('7') }, '6.99')).toEqual({
      quote_amount: 'Needs 7 USD; 6.99 are available.',
    });
    expect(faultsOf(draft(), BOOK, null, TERMS)).toEqual({});
  });

  it('knows how little an iceberg may show', () => {
    expect(faults({ display: of('0.2') }).display_quantity).toContain('More than the whole');
    expect(faults({ display: of('0.0009') }).display_quantity).toContain('a hundredth');
    expect(faults({ display: of('0.01') })).toEqual({});
    expect(faults({ display: of('0.2'), timeInForce: 'IOC' })).toEqual({});
  });
});

describe('portion', () => {
  const some = (percent: number, available: string, with_: Partial<Draft>) =>
    portion(percent, of(available), draft(with_), BOOK, TERMS)?.toString() ?? null;

  it('never needs more than it is a portion of', () => {
    for (const kind of ['LIMIT', 'MARKET', 'STOP_MARKET'] as const)
      for (const available of ['10000.00', '9999.99', '77.77', '0.61']) {
        const asked = draft({ kind, stopPrice: of('61234.56') });
        const quantity = portion(100, of(available), asked, BOOK, TERMS)!;
        const purse = purseOf({ ...asked, quantity }, BOOK, TERMS)!;
        expect(purse.above(of(available))).toBe(false);
      }
  });

  it('is a quantity, or an amount where one is asked', () => {
    expect(some(100, '10000.00', {})).toBe('0.16666');
    expect(some(50, '10000.00', {})).toBe('0.08333');
    expect(some(25, '0.50000000', { side: 'SELL' })).toBe('0.12500');
    expect(some(75, '99.99', { kind: 'MARKET', byAmount: true })).toBe('74.99');
    expect(some(100, '10000.00', { price: null })).toBeNull();
  });
});

describe('bodyOf', () => {
  it('sends what the kind has and nothing else', () => {
    expect(bodyOf(draft({ postOnly: true, stopPrice: of('1'), amount: of('5') }), TERMS)).toEqual({
      instrument: 'BTC-USD',
      order_type: 'BUY',
      order_subtype: 'LIMIT',
      time_in_force: 'GTC',
      self_trade_prevention: 'CANCEL_NEWEST',
      post_only: true,
      price: '60000.00',
      quantity: '0.10000',
    });
    const spend = draft({ kind: 'MARKET', byAmount: true, amount: of('100'), postOnly: true });
    const body = bodyOf({ ...spend, timeInForce: 'IOC' }, TERMS);
    expect(body).toMatchObject({ quote_amount: '100.00', time_in_force: 'IOC' });
    expect(Object.keys(body)).not.toContain('quantity');
    expect(Object.keys(body)).not.toContain('post_only');
  });
});

describe('cautions', () => {
  const asked = (with_: Partial<Draft>, usd = '6000') => {
    const order = draft(with_);
    const { side, quantity, amount } = order;
    const taking = sweep(BOOK.asks, { side, limit: null, quantity, amount }, TERMS);
    return cautions(order, BOOK, of('60000.00'), of(usd), taking);
  };

  it('lets the usual pass', () => {
    expect(asked({})).toEqual([]);
    expect(asked({ price: of('61199.99') })).toEqual([]);
    expect(asked({ price: of('54100') })).toEqual([]);
    expect(asked({ kind: 'MARKET' })).toEqual([]);
  });

  it('asks about size, far prices, slippage and thin books', () => {
    expect(asked({}, '25000')[0]).toContain('large');
    expect(asked({ price: of('61200') })[0]).toContain('2.0 % above the best ask');
    expect(asked({ side: 'SELL', price: of('58000') })[0]).toContain('3.3 % below the best bid');
    expect(asked({ price: of('54000') })[0]).toContain('10.0 % below the last price');
    expect(asked({ kind: 'MARKET', quantity: of('4') })[0]).toContain('% worse');
    expect(asked({ kind: 'MARKET', quantity: of('40') })[1]).toContain('rest expires');
    const stop = { kind: 'STOP_LIMIT', stopPrice: of('70000'), price: of('60000') } as const;
    expect(asked(stop)[0]).toContain('below the stop price');
  });
});
