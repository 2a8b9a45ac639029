import { checked } from './check';

describe('checked', () => {
  it('adds up to the last digit', () => {
    const total = { currency: 'BTC', users: '1.99999999', house: '0.00000001' };
    expect(checked({ ...total, issued: '2.00000000' }).holds).toBe(true);
    expect(checked({ ...total, issued: '2.00000001' })).toMatchObject({
      holds: false,
      difference: '0.00000001',
    });
  });
});
