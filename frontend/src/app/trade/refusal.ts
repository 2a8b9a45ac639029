import type { Problem } from '../core/problem';
import type { FieldName } from './draft';

/** The field that a refusal is about, where the exchange names only the rule (docs/errors.md). */
const FIELDS: Readonly<Record<string, FieldName>> = {
  INSUFFICIENT_FUNDS: 'quantity',
  BELOW_MIN_NOTIONAL: 'quantity',
  ABOVE_MAX_NOTIONAL: 'quantity',
  QUANTITY_TOO_LARGE: 'quantity',
  OFF_LOT: 'quantity',
  NO_LIQUIDITY: 'quantity',
  OFF_TICK: 'price',
  PRICE_TOO_LARGE: 'price',
  PRICE_OUT_OF_BAND: 'price',
  POST_ONLY_WOULD_CROSS: 'price',
  STOP_WOULD_TRIGGER: 'stop_price',
  DISPLAY_QUANTITY_TOO_SMALL: 'display_quantity',
};

const NAMES: readonly FieldName[] = [
  'price',
  'stop_price',
  'quantity',
  'quote_amount',
  'display_quantity',
];

/** Which field of the form to show a refusal at; null where none is to blame. */
export function fieldAtFault(problem: Problem): FieldName | null {
  const named = problem.errors.map(({ field }) => field as FieldName);
  return named.find((field) => NAMES.includes(field)) ?? FIELDS[problem.code] ?? null;
}
