import type { Dispute, P2PTrade } from '../core/client';
import { actorOf, actsOf, awaits, type Role, roleOf } from './machine';

const trade = (status: string, more: Partial<P2PTrade> = {}) =>
  ({ status, buyer: 'bob', seller: 'sara', frozen: false, ...more }) as P2PTrade;
const acts = (on: P2PTrade, role: Role, dispute: Partial<Dispute> | null = null) =>
  [...actsOf(on, role, dispute as Dispute | null)].join(' ');

describe('the machine as a party sees it', () => {
  it('lets each party do what the rules say, and nothing else', () => {
    const grid = [
      'PENDING',
      'PAYMENT_SENT',
      'RELEASE_OVERDUE',
      'DISPUTED',
      'VERDICT_PENDING',
      'COMPLETED',
      'CANCELLED',
      'EXPIRED',
      'RESOLVED_SPLIT',
    ].map(
      (status) => `${status}: ${acts(trade(status), 'buyer')} | ${acts(trade(status), 'seller')}`,
    );
    expect(grid).toEqual([
      'PENDING: pay cancel write | extend ask-cancel write',
      'PAYMENT_SENT: cancel-unpaid write | release dispute ask-cancel write',
      'RELEASE_OVERDUE: cancel-unpaid dispute write | release dispute ask-cancel write',
      'DISPUTED: say concede write | release say write',
      'VERDICT_PENDING: concede write | release write',
      'COMPLETED: review | review',
      'CANCELLED:  | ',
      'EXPIRED:  | ',
      'RESOLVED_SPLIT:  | ',
    ]);
  });

  it('lets nobody act on a frozen trade, nor a stranger on any', () => {
    expect(acts(trade('PENDING', { frozen: true }), 'buyer')).toBe('');
    expect(acts(trade('PENDING'), 'observer')).toBe('');
    expect(roleOf(trade('PENDING'), 'xena')).toBe('observer');
    expect(roleOf(trade('PENDING'), undefined)).toBe('observer');
  });

  it('has the buyer answer a request to cancel', () => {
    const asked = trade('PAYMENT_SENT', { cancel_requested_by: 'sara' });
    expect(acts(asked, 'buyer')).toBe('cancel-unpaid write answer-cancel');
    expect(acts(asked, 'seller')).toBe('release dispute write');
    expect(actorOf(asked)).toBe('bob');
  });

  it('lets only who opened a dispute withdraw it', () => {
    const on = trade('DISPUTED');
    expect(acts(on, 'buyer', { opened_by: 'bob' })).toContain('withdraw');
    expect(acts(on, 'seller', { opened_by: 'bob' })).not.toContain('withdraw');
    expect(acts(on, 'seller', { opened_by: null })).not.toContain('withdraw');
  });

  it('lets the loser appeal, once; after a split either', () => {
    const on = trade('VERDICT_PENDING');
    const verdict = (outcome: string, more: Partial<Dispute> = {}) =>
      ({ verdict: { outcome }, ...more }) as Partial<Dispute>;
    expect(acts(on, 'seller', verdict('BUYER'))).toContain('appeal');
    expect(acts(on, 'buyer', verdict('BUYER'))).not.toContain('appeal');
    expect(acts(on, 'buyer', verdict('SELLER'))).toContain('appeal');
    expect(acts(on, 'buyer', verdict('SPLIT'))).toContain('appeal');
    expect(acts(on, 'seller', verdict('SPLIT'))).toContain('appeal');
    expect(acts(on, 'seller', verdict('BUYER', { appealed_by: 'sara' }))).not.toContain('appeal');
  });

  it('says who acts next', () => {
    const next = (status: string) => actorOf(trade(status));
    expect(next('PENDING')).toBe('bob');
    expect(next('PAYMENT_SENT')).toBe('sara');
    expect(next('RELEASE_OVERDUE')).toBe('sara');
    expect(next('DISPUTED')).toBe('arbitrator');
    expect(next('COMPLETED')).toBeNull();
    expect(actorOf(trade('PENDING', { frozen: true }))).toBe('admin');
    expect(awaits(trade('PENDING'), 'bob')).toBe(true);
    expect(awaits(trade('PENDING'), 'sara')).toBe(false);
  });
});
