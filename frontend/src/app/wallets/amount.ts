import type { Posting } from '../core/client';
import { Decimal } from '../core/decimal';

/** What is wrong with a typed amount, or null; nothing typed yet is not wrong. `most` bounds it. */
export function amountFault(
  typed: string,
  amount: Decimal | null,
  scale: number,
  most: string | null,
): string | null {
  if (!typed.trim()) return null;
  if (!amount) return 'This is not an amount.';
  if (!amount.isPositive()) return 'The amount must be above zero.';
  if (!amount.equals(amount.rounded(scale, 'down'))) return `At most ${scale} decimals.`;
  if (most !== null && amount.above(Decimal.of(most))) return 'This is more than is available.';
  return null;
}

/** The sum of the postings since midnight in UTC, without its sign. */
export function movedToday(postings: readonly Posting[], now: Date, scale: number): Decimal {
  const day = now.toISOString().slice(0, 10);
  return postings
    .filter(({ account, created_at }) => account === 'AVAILABLE' && created_at.startsWith(day))
    .reduce((sum, { amount }) => sum.plus(Decimal.of(amount).abs()), Decimal.ofUnits(0n, scale));
}
