import { PAYMENT_METHOD_CODE } from '../../api/models/payment-method-code-array';
import type { Ad, PaymentMethodCode, OrderSide } from '../../core/client';
import { Decimal } from '../../core/decimal';
import { ASSETS } from '../amounts';

/** What a person looks for; all of it stands in the address. */
export interface Filters {
  /** What the person does: to buy is to take a SELL ad. */
  side: 'buy' | 'sell';
  asset: string;
  fiat: string;
  /** In fiat; empty for any. */
  amount: string;
  /** Empty for any. */
  method: PaymentMethodCode | '';
  sort: 'price' | 'completion_rate' | 'created_at';
}

export type Query = Partial<Record<keyof Filters, string>>;

/** What the address says; what it leaves out or gets wrong is as at first. */
export function filtersOf(query: Query): Filters {
  const asset = query.asset ?? '';
  const sort = query.sort ?? '';
  return {
    side: query.side === 'sell' ? 'sell' : 'buy',
    asset: (ASSETS as readonly string[]).includes(asset) ? asset : 'USDT',
    fiat: /^[A-Z]{3}$/.test(query.fiat ?? '') ? query.fiat! : 'USD',
    amount: Decimal.parse(query.amount)?.isPositive() ? query.amount! : '',
    method: PAYMENT_METHOD_CODE.find((code) => code === query.method) ?? '',
    sort: sort === 'completion_rate' || sort === 'created_at' ? sort : 'price',
  };
}

/** As the exchange is asked. */
export function askedOf(filters: Filters) {
  const side: OrderSide = filters.side === 'buy' ? 'SELL' : 'BUY';
  return {
    ad_type: side,
    currency: filters.asset,
    fiat_currency: filters.fiat,
    amount: filters.amount || undefined,
    payment_method: filters.method || undefined,
    sort: filters.sort,
  };
}

/** Whether an ad that changed may be among those looked for. */
export function mayFit(ad: Ad, filters: Filters): boolean {
  const asked = askedOf(filters);
  return (
    ad.ad_type === asked.ad_type &&
    ad.currency === asked.currency &&
    ad.fiat_currency === asked.fiat_currency &&
    (!asked.payment_method || ad.payment_methods.includes(asked.payment_method))
  );
}
