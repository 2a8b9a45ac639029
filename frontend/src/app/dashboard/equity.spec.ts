import type { Balance, Candle, Posting } from '../core/client';
import { HOUR_MS, equity, hoursOf, paidIn, usdPriceAt } from './equity';

const at = (hour: number) => Date.parse(`2026-02-03T${String(hour).padStart(2, '0')}:00:00.000Z`);
const candle = (hour: number, open: string, close: string) =>
  ({ start: new Date(at(hour)).toISOString(), open, close }) as Candle;
const balance = (currency: string, total_balance: string) =>
  ({ currency, total_balance }) as Balance;
const posting = (type: string, currency: string, amount: string, hour: number, minute = 30) =>
  ({
    type,
    currency,
    amount,
    created_at: new Date(at(hour) + minute * 60_000).toISOString(),
  }) as Posting;

const histories = { 'BTC-USD': [candle(1, '100.00', '110.00'), candle(2, '110.00', '120.00')] };

describe('usdPriceAt', () => {
  it('takes the close before, and the first price before the first trade', () => {
    const price = (hour: number) => usdPriceAt(histories, 'BTC', at(hour))?.toString();
    expect([0, 1, 2, 3, 9].map(price)).toEqual(['100.00', '100.00', '110.00', '120.00', '120.00']);
    expect(usdPriceAt(histories, 'ETH', at(3))).toBeNull();
    expect(usdPriceAt(histories, 'USD', at(3))?.toString()).toBe('1');
  });

  it('goes by USDT where there is no other way', () => {
    const inUsdt = { 'ETH-USDT': [candle(1, '10', '11')], 'USDT-USD': [candle(1, '2', '2')] };
    expect(usdPriceAt(inUsdt, 'ETH', at(2))?.toString()).toBe('22');
    expect(usdPriceAt({}, 'USDT', at(2))?.toString()).toBe('1');
  });
});

describe('equity', () => {
  it('takes back what was posted since', () => {
    const now = [balance('USD', '890.00'), balance('BTC', '1.5')];
    const postings = [
      posting('TRADE', 'BTC', '1', 2),
      posting('TRADE', 'USD', '-110.00', 2),
      posting('DEPOSIT', 'USD', '500.00', 1),
    ];
    const points = equity(now, postings, histories, [at(1), at(2), at(3)]);
    expect(points.map(({ usd }) => usd.toString())).toEqual(['550.00', '1055.00', '1070.00']);
  });
});

describe('paidIn', () => {
  it('adds deposits and takes off withdrawals, at the prices of their time', () => {
    const postings = [
      posting('WITHDRAWAL', 'USD', '-50.00', 3),
      posting('DEPOSIT', 'BTC', '2', 2),
      posting('TRADE', 'USD', '-110.00', 2),
      posting('DEPOSIT', 'USD', '7.00', 0),
    ];
    expect(paidIn(postings, histories, at(1)).toString()).toBe('170.00');
  });
});

describe('hoursOf', () => {
  it('gives full hours, and begins with the account', () => {
    const now = at(5) + 1000;
    expect(hoursOf(3, 0, now)).toEqual([at(3), at(4), at(5)]);
    expect(hoursOf(3, at(4) + 1, now)).toEqual([at(4) + 1, at(5)]);
    expect(hoursOf(3, now - 1, now)).toEqual([now - 1]);
    expect(HOUR_MS).toBe(at(4) - at(3));
  });
});
