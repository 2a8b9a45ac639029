import type { Total } from '../core/client';
import { Decimal } from '../core/decimal';

/** Whether what was issued is what users and the house have, and what is missing if not. */
export function checked(total: Total): Total & { holds: boolean; difference: string } {
  const there = Decimal.of(total.users).plus(Decimal.of(total.house));
  const difference = Decimal.of(total.issued).minus(there);
  return { ...total, holds: difference.isZero(), difference: difference.toString() };
}
