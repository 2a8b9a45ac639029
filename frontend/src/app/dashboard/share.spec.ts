import { Decimal } from '../core/decimal';
import { shareOf } from './share';

describe('shareOf', () => {
  it('gives one decimal, and nothing of nothing', () => {
    const share = (part: string, whole: string) =>
      shareOf(Decimal.of(part), Decimal.of(whole)).toString();
    expect(share('1.00', '3.00')).toBe('33.3');
    expect(share('2.00', '3.00')).toBe('66.7');
    expect(share('5.00', '5.00')).toBe('100.0');
    expect(share('0.00', '0.00')).toBe('0.0');
  });
});
