import { Decimal } from '../core/decimal';
import { floatingPrice, midOf, priceText } from './pricing';

const of = (text: string) => Decimal.of(text);

describe('pricing', () => {
  it('takes the middle of the book, rounded down', () => {
    expect(midOf(of('59990.00'), of('60010.01')).toString()).toBe('60000.00500000');
    expect(midOf(of('0.00000001'), of('0.00000002')).toString()).toBe('0.00000001');
  });

  it('puts the margin on the index, within floor and ceiling', () => {
    const at = (margin: string, floor?: string, ceiling?: string) =>
      floatingPrice(
        of('60000.00000000'),
        of(margin),
        Decimal.parse(floor),
        Decimal.parse(ceiling),
      ).toString();
    expect(at('1.5')).toBe('60900.00000000');
    expect(at('-1.5')).toBe('59100.00000000');
    expect(at('0.0001')).toBe('60000.06000000');
    expect(at('-1.5', '59500')).toBe('59500.00000000');
    expect(at('10', '1', '61000.5')).toBe('61000.50000000');
    expect(floatingPrice(of('0.00000003'), of('-50'), null, null).toString()).toBe('0.00000001');
  });

  it('writes prices short', () => {
    expect(priceText(of('1.02000000'), 2)).toBe('1.02');
    expect(priceText(of('60000.00000000'), 2)).toBe('60000.00');
    expect(priceText(of('60000.00500000'), 2)).toBe('60000.005');
    expect(priceText(of('150.00000000'), 0)).toBe('150');
  });
});
