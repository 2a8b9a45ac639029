/** What was typed, by field. */
export type Texts = Record<string, string>;

/** The fields whose text is a number. */
export const NUMBERS = [
  'price',
  'margin_percent',
  'price_floor',
  'price_ceiling',
  'available_amount',
  'min_limit',
  'max_limit',
  'min_completed_trades',
  'min_completion_rate',
  'min_account_age_days',
  'min_rating',
  'first_trade_max_fiat',
] as const;

/** The time that a `datetime-local` control says, in this computer's time zone. */
export function readTime(text: string): Date | null {
  const time = text ? new Date(text) : null;
  return time && !Number.isNaN(time.getTime()) ? time : null;
}

/** A time as a `datetime-local` control takes it. */
export function timeText(at: string): string {
  const time = new Date(at);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
