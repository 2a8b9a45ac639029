import type { P2PTrade } from '../core/client';
import { nextOf } from './next';

const turn = (status: string, more: Partial<P2PTrade> = {}) => {
  const trade = { status, buyer: 'bob', seller: 'alice', frozen: false, ...more } as P2PTrade;
  return ['bob', 'alice'].map((me) => nextOf(trade, me).isMine);
};

describe('nextOf', () => {
  it('gives the turn to the buyer, then to the seller', () => {
    expect(turn('PENDING')).toEqual([true, false]);
    expect(turn('PAYMENT_SENT')).toEqual([false, true]);
    expect(turn('RELEASE_OVERDUE')).toEqual([true, true]);
    expect(turn('DISPUTED')).toEqual([false, false]);
  });

  it('has the buyer answer a request to cancel, and nobody act on what is stopped', () => {
    expect(turn('PAYMENT_SENT', { cancel_requested_by: 'alice' })).toEqual([true, false]);
    expect(turn('PENDING', { frozen: true })).toEqual([false, false]);
  });
});
