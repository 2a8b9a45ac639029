import type { Posting } from '../core/client';
import { Decimal } from '../core/decimal';
import { amountFault, movedToday } from './amount';

const fault = (typed: string, most: string | null = null) =>
  amountFault(typed, Decimal.parse(typed), 2, most);

describe('amountFault', () => {
  it('lets pass what the asset can hold', () => {
    expect(fault('')).toBeNull();
    expect(fault('0.01')).toBeNull();
    expect(fault('1.5000')).toBeNull();
    expect(fault('100.00', '100.00')).toBeNull();
  });

  it('names what it cannot', () => {
    expect(fault('abc')).toMatch('not an amount');
    expect(fault('0.00')).toMatch('above zero');
    expect(fault('0.001')).toMatch('2 decimals');
    expect(fault('100.01', '100.00')).toMatch('more than is available');
  });
});

describe('movedToday', () => {
  it('adds what was moved since midnight in UTC', () => {
    const posting = (amount: string, created_at: string): Posting => ({
      account: 'AVAILABLE',
      amount,
      created_at,
      currency: 'USD',
      id: '1',
      sequence: 1,
      type: 'WITHDRAWAL',
    });
    const postings = [
      posting('-1.10', '2026-02-03T00:00:00.000Z'),
      posting('-2.05', '2026-02-03T23:59:59.999Z'),
      posting('-9.00', '2026-02-02T23:59:59.999Z'),
    ];
    const now = new Date('2026-02-03T23:59:59.999Z');
    expect(movedToday(postings, now, 2).toString()).toBe('3.15');
  });
});
