import type { Ad } from '../../core/client';
import { Decimal } from '../../core/decimal';
import { AdDraft, type Surroundings } from './ad-draft';

const around: Surroundings = {
  read: (typed) => Decimal.parse(typed),
  available: () => Decimal.of('5000.000000'),
  index: () => Decimal.of('60000.00000000'),
  longestWindow: (method) => (method === 'CARD' ? 3600 : 21_600),
  now: () => Date.parse('2026-01-01T00:00:00Z'),
};

function draft(texts: Record<string, string>): AdDraft {
  const made = new AdDraft(around);
  made.methods.set(['BANK_TRANSFER']);
  made.texts.set({
    price: '1.02',
    available_amount: '1000',
    min_limit: '50',
    max_limit: '500',
    ...texts,
  });
  return made;
}
const faults = (texts: Record<string, string>) => draft(texts).faults();

describe('AdDraft', () => {
  it('sends what was typed, exactly', () => {
    const made = draft({ terms: ' Own name only ', min_rating: '4.50', min_completed_trades: '5' });
    expect(made.faults()).toEqual({});
    expect(made.body()).toEqual({
      ad_type: 'SELL',
      currency: 'USDT',
      fiat_currency: 'USD',
      price_type: 'FIXED',
      price: '1.02',
      available_amount: '1000',
      min_limit: '50',
      max_limit: '500',
      payment_methods: ['BANK_TRANSFER'],
      payment_window_secs: 900,
      terms: 'Own name only',
      conditions: { min_rating: '4.5', min_completed_trades: 5 },
    });
  });

  it('refuses early what the exchange would refuse', () => {
    expect(faults({ price: '' })).toEqual({ price: 'Needed' });
    expect(faults({ price: '1.123456789' })).toEqual({ price: 'At most 8 decimals' });
    expect(faults({ available_amount: '5000.000001' })).toEqual({
      available_amount: 'More than you have available',
    });
    expect(faults({ available_amount: '1.0000001' })).toHaveProperty('available_amount');
    expect(faults({ min_limit: '501' })).toEqual({ max_limit: 'Below the smallest trade' });
    expect(faults({ available_amount: '40' })).toEqual({
      min_limit: 'More than the whole amount is worth',
    });
    expect(faults({ min_rating: '5.01' })).toEqual({ min_rating: 'From 1 to 5' });
    expect(faults({ min_completed_trades: '1.5' })).toHaveProperty('min_completed_trades');
    expect(faults({ expires_at: '2025-12-31T00:00' })).toEqual({ expires_at: 'Not in the future' });
  });

  it('lets a buyer promise more than there is in the wallet', () => {
    const made = draft({ available_amount: '9000' });
    made.side.set('BUY');
    expect(made.faults()).toEqual({});
  });

  it('bounds the window by the payment methods', () => {
    const made = draft({});
    made.windowSecs.set(7200);
    expect(made.faults()).toEqual({});
    made.toggle('CARD');
    expect(made.faults()).toHaveProperty('payment_window_secs');
    made.toggle('CARD');
    made.toggle('BANK_TRANSFER');
    expect(made.faults()).toEqual({ payment_methods: 'Choose one at least' });
  });

  it('prices by the index while it floats', () => {
    const made = draft({ margin_percent: '-1.5', price_floor: '59500', max_limit: '50000' });
    made.priceType.set('FLOATING');
    expect(made.price()?.toString()).toBe('59500.00000000');
    expect(made.body()).toMatchObject({ margin_percent: '-1.5', price_floor: '59500' });
    expect(made.body()).not.toHaveProperty('price');
    made.type('price_ceiling', '59000');
    expect(made.faults()).toEqual({ price_ceiling: 'Below the floor' });
    made.type('price_ceiling', '');
    made.type('margin_percent', '100.5');
    expect(made.faults()).toEqual({ margin_percent: 'From -50 to 100' });
  });

  it('edits: removes what is emptied, and counts what is taken', () => {
    const ad = {
      ad_type: 'SELL',
      currency: 'USDT',
      fiat_currency: 'USD',
      price_type: 'FIXED',
      price: '1.02000000',
      available_amount: '1000.000000',
      remaining_amount: '600.000000',
      min_limit: '50.00',
      max_limit: '500.00',
      payment_methods: ['SEPA'],
      payment_window_secs: 900,
      terms: 'Be quick',
      conditions: { min_rating: '4.00' },
    } as unknown as Ad;
    const made = AdDraft.of(ad, around, true);
    expect(made.text('price')).toBe('1.02');
    made.type('terms', '');
    made.type('min_rating', '');
    expect(made.change(3)).toMatchObject({
      version: 3,
      terms: null,
      conditions: {},
      price: '1.02',
    });
    made.type('available_amount', '399');
    expect(made.fault('available_amount')).toBe('More than this is taken already');
    made.type('available_amount', '6000');
    expect(made.fault('available_amount')).toBeNull();
    made.type('available_amount', '6000.1');
    expect(made.fault('available_amount')).toBe('More than you have available');
  });

  it('keeps quiet about what is empty until it was tried', () => {
    const made = draft({ price: '' });
    expect(made.fault('price')).toBeNull();
    made.tried.set(true);
    expect(made.fault('price')).toBe('Needed');
  });
});
