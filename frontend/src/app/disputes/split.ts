import type { P2PFees } from '../core/client';
import { Decimal, decimalsOf } from '../core/decimal';

/** What a verdict makes of the coins in escrow. */
export interface Parts {
  /** What the buyer receives, after the fee. */
  buyer: Decimal;
  /** What goes back to the seller. */
  seller: Decimal;
  /** What the exchange takes of the buyer's part. */
  fee: Decimal;
}

/**
 * Divides `amount` as the exchange does: the buyer's whole percent of it, rounded down; the rest goes to
 * the seller. Each fee is taken out of the buyer's part, rounded up.
 */
export function partsOf(amount: string, buyerPercent: number, fees: P2PFees): Parts {
  const [whole, scale] = [Decimal.of(amount), decimalsOf(amount)];
  const part = whole.percent(Decimal.ofInteger(buyerPercent)).rounded(scale, 'down');
  const fee = [fees.maker_percent, fees.taker_percent]
    .map((percent) => part.percent(Decimal.of(percent)).rounded(scale, 'up'))
    .reduce((sum, each) => sum.plus(each))
    .min(part);
  return { buyer: part.minus(fee), seller: whole.minus(part), fee };
}

/** A whole percent from 1 to 99, or null. */
export function percentOf(typed: string): number | null {
  return /^[1-9]\d?$/.test(typed.trim()) ? Number(typed) : null;
}
