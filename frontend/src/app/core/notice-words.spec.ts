import type { NotificationType } from './client';
import { noticeLink, noticeSentence, noticeTone } from './notice-words';

const sentence = (told: Parameters<typeof noticeSentence>[0]) =>
  noticeSentence(told, (amount, currency) => `${amount} ${currency}`);

describe('noticeSentence', () => {
  it('says what became of an order', () => {
    const on = { order_id: '7', instrument: 'BTC-USD' };
    expect(sentence({ type: 'ORDER_FILLED', ...on })).toBe('Order 7 on BTC-USD was filled');
    expect(
      sentence({ type: 'ORDER_ENDED', ...on, status: 'EXPIRED', status_reason: 'FILL_OR_KILL' }),
    ).toBe('Order 7 on BTC-USD is expired: fill or kill');
  });

  it('tells a cancel from the wish for one', () => {
    const cancel = { type: 'P2P_TRADE', p2p_trade_id: '3', action: 'CANCEL' } as const;
    expect(sentence({ ...cancel, status: 'CANCELLED' })).toBe('P2P trade 3 was cancelled');
    expect(sentence({ ...cancel, status: 'PENDING' })).toMatch('request to cancel');
  });

  it('still says something of a type that it does not know', () => {
    // A newer exchange has further ones.
    const type = 'NEW_KIND' as NotificationType;
    expect(sentence({ type })).toBe('new kind');
  });
});

describe('noticeLink and noticeTone', () => {
  it('lead to what it is about', () => {
    expect(noticeLink({ type: 'P2P_MESSAGE', p2p_trade_id: '3' })).toBe('/p2p/trades/3');
    expect(noticeLink({ type: 'ORDER_FILLED', instrument: 'ETH-USD' })).toBe('/trade/ETH-USD');
    expect(noticeLink({ type: 'FROZEN' })).toBeNull();
    expect(noticeTone({ type: 'FROZEN' })).toBe('bad');
    expect(noticeTone({ type: 'P2P_TRADE', action: 'PAYMENT_CONFIRMED' })).toBe('good');
  });
});
