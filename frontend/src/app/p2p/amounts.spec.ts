import type { Ad } from '../core/client';
import { Decimal } from '../core/decimal';
import {
  amountFor,
  fiatFor,
  figuresOf,
  lessFees,
  mostAmount,
  mostFiat,
  rangeOf,
  scaleOf,
} from './amounts';

const of = (text: string) => Decimal.of(text);
const ad = {
  remaining_amount: '1000.000000',
  min_limit: '50.00',
  max_limit: '500.00',
} as Ad;

describe('amounts', () => {
  it('gives what the rules give', () => {
    expect(amountFor(of('500'), of('1.02'), 6).toString()).toBe('490.196078');
    expect(amountFor(of('100'), of('1.03'), 6).toString()).toBe('97.087378');
    expect(amountFor(of('300'), of('1.02'), 6).toString()).toBe('294.117647');
  });

  it('rounds fiat up, so that the seller never loses a cent', () => {
    expect(fiatFor(of('97.087378'), of('1.03'), 2).toString()).toBe('100.00');
    expect(fiatFor(of('0.000001'), of('1.02'), 2).toString()).toBe('0.01');
    expect(fiatFor(of('100'), of('1.02'), 2).toString()).toBe('102.00');
    expect(fiatFor(of('1'), of('150.5'), scaleOf('JPY')).toString()).toBe('151');
  });

  it('bounds a take by what is left', () => {
    const range = (left: string) => rangeOf({ ...ad, remaining_amount: left }, of('1.02'));
    expect(range('1000.000000').most.toString()).toBe('500.00');
    expect(range('100.000001').most.toString()).toBe('102.00');
    expect(range('100.000001').least.toString()).toBe('50.00');
  });

  it('knows the most that can be taken, and it is never refused', () => {
    const most = (left: string, own: string | null) => {
      const on = { ...ad, remaining_amount: left };
      const [price, has] = [of('1.02'), own === null ? null : of(own)];
      const [fiat, amount] = [mostFiat(on, price, has), mostAmount(on, price, has)];
      expect(figuresOf(on, price, 'fiat', fiat).fault).toBeNull();
      expect(figuresOf(on, price, 'crypto', amount).fault).toBeNull();
      return `${fiat} ${amount}`;
    };
    expect(most('1000.000000', null)).toBe('500.00 490.196078');
    expect(most('100.000001', null)).toBe('102.00 100.000001');
    expect(most('1000.000000', '60.000000')).toBe('61.20 60.000000');
  });

  it('converts either way, and says what is wrong', () => {
    const take = (unit: 'fiat' | 'crypto', typed: string) => {
      const { amount, fiat, fault } = figuresOf(ad, of('1.02'), unit, of(typed));
      return `${amount} ${fiat} ${fault}`;
    };
    expect(take('fiat', '500')).toBe('490.196078 500.00 null');
    expect(take('crypto', '490.196078')).toBe('490.196078 500.00 null');
    expect(take('crypto', '490.2')).toBe('490.200000 500.01 above');
    expect(take('fiat', '49.99')).toBe('49.009803 49.99 below');
    expect(take('fiat', '500.01')).toBe('490.205882 500.01 above');
    expect(take('fiat', '0')).toBe('0.000000 0.00 nothing');
    expect(take('fiat', '50.001')).toBe('null null decimals');
    expect(take('fiat', '50.10000')).toBe('49.117647 50.10 null');
    expect(
      figuresOf({ ...ad, remaining_amount: '60.000000' }, of('1'), 'fiat', of('61')).fault,
    ).toBe('left');
    expect(figuresOf(ad, of('1'), 'fiat', null)).toEqual({ amount: null, fiat: null, fault: null });
  });

  it('takes fees out of what the buyer receives, rounded up', () => {
    expect(lessFees(of('490.196078'), ['0.0000', '0.2000']).toString()).toBe('489.215685');
    expect(lessFees(of('490.196078'), ['0.0000', '0.0000']).toString()).toBe('490.196078');
    expect(lessFees(of('0.000001'), ['0.1000', '0.1000']).toString()).toBe('0.000000');
  });
});
