import type { Ad } from '../core/client';
import { Decimal, decimalsOf } from '../core/decimal';

/** What is traded on P2P boards. */
export const ASSETS = ['USDT', 'BTC', 'ETH'] as const;

const SCALES: Readonly<Record<string, number>> = { BTC: 8, ETH: 8, USDT: 6 };
const WHOLE = new Set(['CLP', 'ISK', 'JPY', 'KRW', 'PYG', 'VND']);

/** Decimals of an asset or a fiat currency. */
export function scaleOf(currency: string): number {
  return SCALES[currency] ?? (WHOLE.has(currency) ? 0 : 2);
}

/** What `fiat` buys at `price`: never more than was paid for. */
export function amountFor(fiat: Decimal, price: Decimal, scale: number): Decimal {
  return fiat.over(price, scale, 'down');
}

/** What `amount` costs at `price`: never less than it is worth. */
export function fiatFor(amount: Decimal, price: Decimal, scale: number): Decimal {
  return amount.times(price).rounded(scale, 'up');
}

/** The least and the most fiat that one trade on an ad may be for, as much as is left of it. */
export function rangeOf(ad: Ad, price: Decimal): { least: Decimal; most: Decimal } {
  const scale = decimalsOf(ad.max_limit);
  const left = Decimal.of(ad.remaining_amount).times(price).rounded(scale, 'down');
  return { least: Decimal.of(ad.min_limit), most: Decimal.of(ad.max_limit).min(left) };
}

/** The most fiat that a take may be for; `own` is what a seller has of the asset. */
export function mostFiat(ad: Ad, price: Decimal, own: Decimal | null): Decimal {
  const { most } = rangeOf(ad, price);
  return own ? most.min(own.times(price).rounded(most.scale, 'down')) : most;
}

/** The most of the asset that a take may be for. */
export function mostAmount(ad: Ad, price: Decimal, own: Decimal | null): Decimal {
  const left = Decimal.of(ad.remaining_amount);
  const most = amountFor(Decimal.of(ad.max_limit), price, left.scale).min(left);
  return own ? most.min(own) : most;
}

/** What a take comes to, or why it would be refused. */
export interface Figures {
  amount: Decimal | null;
  fiat: Decimal | null;
  fault: 'decimals' | 'nothing' | 'below' | 'above' | 'left' | null;
}

/** What taking `typed` of an ad comes to: of its fiat, or of its asset. */
export function figuresOf(
  ad: Ad,
  price: Decimal,
  unit: 'fiat' | 'crypto',
  typed: Decimal | null,
): Figures {
  if (!typed) return { amount: null, fiat: null, fault: null };
  const scale = decimalsOf(ad.remaining_amount);
  const fiatScale = decimalsOf(ad.max_limit);
  const own = unit === 'fiat' ? fiatScale : scale;
  if (!typed.equals(typed.rounded(own, 'down')))
    return { amount: null, fiat: null, fault: 'decimals' };
  const given = typed.rounded(own, 'down');
  const amount = unit === 'fiat' ? amountFor(given, price, scale) : given;
  const fiat = unit === 'fiat' ? given : fiatFor(given, price, fiatScale);
  return { amount, fiat, fault: faultOf(ad, amount, fiat) };
}

function faultOf(ad: Ad, amount: Decimal, fiat: Decimal): Figures['fault'] {
  if (!amount.isPositive() || !fiat.isPositive()) return 'nothing';
  if (fiat.below(Decimal.of(ad.min_limit))) return 'below';
  if (fiat.above(Decimal.of(ad.max_limit))) return 'above';
  return amount.above(Decimal.of(ad.remaining_amount)) ? 'left' : null;
}

/** What the buyer receives of `amount`: each fee is rounded up, and they never exceed it. */
export function lessFees(amount: Decimal, percents: readonly string[]): Decimal {
  const fees = percents.reduce(
    (sum, percent) => sum.plus(amount.percent(Decimal.of(percent)).rounded(amount.scale, 'up')),
    Decimal.zero,
  );
  return amount.minus(fees).max(Decimal.zero).rounded(amount.scale, 'down');
}
