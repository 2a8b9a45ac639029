import { Decimal } from '../core/decimal';

/** How much of the whole a part is, in percent with one decimal. */
export function shareOf(part: Decimal, whole: Decimal): Decimal {
  if (!whole.isPositive()) return Decimal.ofUnits(0n, 1);
  return part.times(Decimal.hundred).over(whole, 1, 'nearest');
}
