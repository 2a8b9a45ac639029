import type { Dispute, P2PTrade } from '../../core/client';
import { cancelRules, outlookOf, verdictText } from './outlook';
import { stepsOf } from './steps';

const trade = (status: string, more: Partial<P2PTrade> = {}) =>
  ({ status, buyer: 'bob', seller: 'sara', frozen: false, ...more }) as P2PTrade;
const look = (on: P2PTrade, role: 'buyer' | 'seller', dispute: Partial<Dispute> | null = null) =>
  outlookOf(on, role, dispute as Dispute | null, '500.00 USD', '490.196078 USDT');

describe('the outlook on a trade', () => {
  it('tells each side what is next', () => {
    const titles = ['PENDING', 'PAYMENT_SENT', 'RELEASE_OVERDUE', 'DISPUTED', 'COMPLETED'].map(
      (status) => `${look(trade(status), 'buyer').title} | ${look(trade(status), 'seller').title}`,
    );
    expect(titles).toEqual([
      'Pay sara 500.00 USD | Waiting for bob to pay',
      'sara checks the payment | Look at your account, then release',
      'sara is late | You are late: release, or say what is wrong',
      'Waiting for an arbitrator | Waiting for an arbitrator',
      'Completed | Completed',
    ]);
  });

  it('says why it ended, and that a frozen one stands still', () => {
    const cancelled = look(trade('CANCELLED', { status_reason: 'MUTUAL' }), 'buyer');
    expect(cancelled.text).toContain('went back to sara');
    expect(cancelled.text).toContain('counts against nobody');
    expect(look(trade('PENDING', { frozen: true }), 'buyer').title).toBe('Frozen by an admin');
    expect(look(trade('CANCELLED', { frozen: true }), 'buyer').title).toBe('Cancelled');
  });

  it('says what a verdict gives to whom', () => {
    const by = (outcome: string, buyer_percent: number | null = null) =>
      verdictText(trade('VERDICT_PENDING'), { verdict: { outcome, buyer_percent } } as Dispute);
    expect(by('BUYER')).toBe('the coins go to bob');
    expect(by('SELLER')).toBe('the coins go back to sara');
    expect(by('SPLIT', 60)).toBe('60 % to bob, 40 % back to sara');
    expect(verdictText(trade('RESOLVED_BUYER'), null)).toBe('the coins go to bob');
  });

  it('has rules for cancelling only while there is something to cancel', () => {
    expect(cancelRules(trade('PENDING'), 'buyer')?.join()).toContain('two minutes');
    expect(cancelRules(trade('PAYMENT_SENT'), 'buyer')?.join()).toContain('no money was sent');
    expect(cancelRules(trade('PAYMENT_SENT'), 'seller')?.join()).toContain('ask bob');
    expect(cancelRules(trade('DISPUTED'), 'buyer')).toBeNull();
    expect(cancelRules(trade('COMPLETED'), 'seller')).toBeNull();
  });
});

describe('the steps of a trade', () => {
  const steps = (on: P2PTrade) =>
    stepsOf(on)
      .map(({ label, state }) => `${label} ${state}`)
      .join(', ');

  it('goes straight', () => {
    expect(steps(trade('PENDING'))).toBe(
      'Coins in escrow done, Payment sent now, Coins released todo, Completed todo',
    );
    expect(steps(trade('PAYMENT_SENT'))).toBe(
      'Coins in escrow done, Payment sent done, Coins released now, Completed todo',
    );
    expect(steps(trade('COMPLETED'))).toBe(
      'Coins in escrow done, Payment sent done, Coins released done, Completed done',
    );
  });

  it('ends early', () => {
    expect(steps(trade('EXPIRED'))).toBe(
      'Coins in escrow done, Payment sent todo, Coins released todo, Expired bad',
    );
    expect(steps(trade('CANCELLED', { sent_at: '2026' }))).toBe(
      'Coins in escrow done, Payment sent done, Coins released todo, Cancelled bad',
    );
  });

  it('goes through a dispute', () => {
    const on = (status: string) => steps(trade(status, { dispute_id: '1', sent_at: '2026' }));
    expect(on('DISPUTED')).toContain('Dispute now, Verdict todo');
    expect(on('VERDICT_PENDING')).toContain('Dispute done, Verdict now, Completed todo');
    expect(on('RESOLVED_SPLIT')).toContain('Verdict done, Resolved done');
    expect(on('COMPLETED')).toContain('Dispute done, Verdict todo, Completed done');
    expect(on('RELEASE_OVERDUE')).toContain('Coins released now');
  });
});
