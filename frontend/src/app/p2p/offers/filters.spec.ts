import type { Ad } from '../../core/client';
import { askedOf, filtersOf, mayFit } from './filters';

describe('filters', () => {
  it('reads the address, and lets nothing else in', () => {
    expect(filtersOf({})).toEqual({
      side: 'buy',
      asset: 'USDT',
      fiat: 'USD',
      amount: '',
      method: '',
      sort: 'price',
    });
    const odd = { side: 'x', asset: 'DOGE', fiat: 'usd', amount: '1e3', method: '<b>', sort: '?' };
    expect(filtersOf(odd)).toEqual(filtersOf({}));
    expect(filtersOf({ amount: '0' }).amount).toBe('');
    expect(filtersOf({ side: 'sell', asset: 'BTC', amount: '12.5' })).toMatchObject({
      side: 'sell',
      asset: 'BTC',
      amount: '12.5',
    });
  });

  it('takes SELL ads to buy', () => {
    expect(askedOf(filtersOf({ side: 'buy' }))).toMatchObject({
      ad_type: 'SELL',
      amount: undefined,
    });
    expect(askedOf(filtersOf({ side: 'sell' })).ad_type).toBe('BUY');
  });

  it('knows which changed ads matter', () => {
    const ad = {
      ad_type: 'SELL',
      currency: 'USDT',
      fiat_currency: 'USD',
      payment_methods: ['SEPA'],
    } as unknown as Ad;
    expect(mayFit(ad, filtersOf({}))).toBe(true);
    expect(mayFit(ad, filtersOf({ method: 'SEPA' }))).toBe(true);
    expect(mayFit(ad, filtersOf({ method: 'CARD' }))).toBe(false);
    expect(mayFit(ad, filtersOf({ side: 'sell' }))).toBe(false);
    expect(mayFit(ad, filtersOf({ asset: 'BTC' }))).toBe(false);
  });
});
