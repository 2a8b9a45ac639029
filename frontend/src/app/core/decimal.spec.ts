import { Decimal, decimalsOf } from './decimal';

const of = (text: string) => Decimal.of(text);

describe('Decimal', () => {
  it('prints what it parsed, with all its decimals', () => {
    for (const text of ['0', '0.00', '12.50', '-0.00000001', '123456789012345678.123456789'])
      expect(of(text).toString()).toBe(text);
  });

  it('refuses everything but plain decimals', () => {
    for (const text of ['', '.5', '5.', '+1', '1e3', '1,000', ' 1', 'NaN', '0x1', '--1', null])
      expect(Decimal.parse(text)).toBeNull();
  });

  it('adds what binary fractions get wrong', () => {
    expect(of('0.1').plus(of('0.2')).toString()).toBe('0.3');
    expect(of('0.3').minus(of('0.10')).toString()).toBe('0.20');
    expect(of('9007199254740993').plus(of('0.01')).toString()).toBe('9007199254740993.01');
  });

  it('multiplies exactly and rounds only when told which way', () => {
    const notional = of('60000.01').times(of('0.00001'));
    expect(notional.toString()).toBe('0.6000001');
    expect(notional.rounded(2, 'down').toString()).toBe('0.60');
    expect(notional.rounded(2, 'up').toString()).toBe('0.61');
    expect(notional.rounded(2, 'nearest').toString()).toBe('0.60');
    expect(of('-0.605').rounded(2, 'nearest').toString()).toBe('-0.61');
    expect(of('-0.605').rounded(2, 'down').toString()).toBe('-0.60');
  });

  it('divides to a scale', () => {
    expect(of('1').over(of('3'), 4, 'down').toString()).toBe('0.3333');
    expect(of('1').over(of('3'), 4, 'up').toString()).toBe('0.3334');
    expect(of('100.00').over(of('0.00001'), 0, 'down').toString()).toBe('10000000');
    expect(() => of('1').over(Decimal.zero, 2, 'down')).toThrow('division by zero');
  });

  it('knows multiples of a step', () => {
    expect(of('0.12345').isMultipleOf(of('0.00001'))).toBe(true);
    expect(of('0.123456').isMultipleOf(of('0.00001'))).toBe(false);
    expect(of('0.123456').toMultipleOf(of('0.00001'), 'down').toString()).toBe('0.12345');
    expect(of('61234.56').toMultipleOf(of('10'), 'up').toString()).toBe('61240');
    expect(of('61234.56').toMultipleOf(of('0.50'), 'down').toString()).toBe('61234.50');
  });

  it('compares across scales', () => {
    expect(of('1.0').equals(of('1.00'))).toBe(true);
    expect(of('1.01').above(of('1.0'))).toBe(true);
    expect(of('-1').below(of('0.5'))).toBe(true);
    expect(of('2').min(of('1.5')).toString()).toBe('1.5');
    expect(of('2').max(of('1.5')).toString()).toBe('2');
  });

  it('takes percents exactly', () => {
    expect(of('10000.00').percent(of('0.20')).rounded(2, 'up').toString()).toBe('20.00');
    expect(of('0.01').percent(of('0.20')).toString()).toBe('0.000020');
  });

  it('shortens only behind the point', () => {
    expect(of('100').toShortString()).toBe('100');
    expect(of('100.500').toShortString()).toBe('100.5');
    expect(of('100.000').toShortString()).toBe('100');
    expect(decimalsOf('0.00001')).toBe(5);
  });
});
