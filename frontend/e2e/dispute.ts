/** A P2P trade over which its two parties dispute, for pages to look at and arbitrators to decide. */
import type { User } from './exchange.ts';

export interface Disputed {
  trade: string;
  dispute: string;
  /** What is in escrow. */
  amount: string;
}

/** The seller's 500 USD of USDT at 1.02: 490.196078 in escrow, both heard, one file brought in. */
export async function disputed(seller: User, buyer: User): Promise<Disputed> {
  const ad = await seller.post('/api/p2p/advertisements', {
    ad_type: 'SELL',
    currency: 'USDT',
    fiat_currency: 'USD',
    price_type: 'FIXED',
    price: '1.02',
    available_amount: '1000',
    min_limit: '50',
    max_limit: '500',
    payment_methods: ['BANK_TRANSFER'],
    payment_window_secs: 900,
  });
  const take = { advertisement_id: ad.id, fiat_amount: '500', payment_method: 'BANK_TRANSFER' };
  const { trade } = await buyer.post('/api/p2p/trades', take);
  await buyer.post(`/api/p2p/trades/${trade.id}/payment-sent`);
  await buyer.post(`/api/p2p/trades/${trade.id}/messages`, { text: 'The money is on its way.' });
  const { id } = await seller.post('/api/dispute', {
    trade_id: trade.id,
    reason: 'PAYMENT_NOT_RECEIVED',
    statement: 'Nothing has arrived on my account so far.',
  });
  await buyer.post('/api/dispute', {
    trade_id: trade.id,
    reason: 'OTHER',
    statement: 'My bank confirms the transfer of all of it.',
  });
  await buyer.file(`/api/dispute/${id}/evidence`, 'Transfer 4711: 500.00 USD\n');
  return { trade: trade.id, dispute: id, amount: trade.amount };
}
