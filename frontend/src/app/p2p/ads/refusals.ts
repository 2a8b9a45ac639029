import type { Problem } from '../../core/problem';

/** At which field a refusal of an ad is shown. */
const FIELDS: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: 'available_amount',
  AD_AMOUNT_TAKEN: 'available_amount',
  AMOUNT_BELOW_LIMIT: 'min_limit',
  LIMITS_CROSSED: 'max_limit',
  PAYMENT_WINDOW_TOO_LONG: 'payment_window_secs',
  EXPIRES_IN_PAST: 'expires_at',
  FIAT_NOT_OFFERED: 'fiat_currency',
  PRICE_UNAVAILABLE: 'margin_percent',
  PRICE_TOO_LARGE: 'price',
};

/** What the exchange found wrong, by field of the editor. */
export function refusalsOf(problem: Problem | null): Readonly<Record<string, string>> {
  if (!problem) return {};
  const named = problem.errors.map(({ field, message }) => [
    field.replace(/^conditions\./, ''),
    message.charAt(0).toUpperCase() + message.slice(1),
  ]);
  const field = FIELDS[problem.code];
  return Object.fromEntries(field ? [...named, [field, problem.sentence]] : named);
}
