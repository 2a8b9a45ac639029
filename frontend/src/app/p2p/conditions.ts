import type { AdConditions } from '../core/client';
import { Decimal } from '../core/decimal';
import type { Format } from '../core/format';

/** What is known of a taker. */
export interface Taker {
  completed_trades: number;
  completion_rate?: string | null;
  rating?: string | null;
  /** Full days since registration. */
  days: number;
}

/** One thing that an ad asks of its takers. */
export interface Condition {
  text: string;
  /** Whether the taker meets it; null where that is not known yet, or depends on the amount. */
  isMet: boolean | null;
}

/** What an ad asks of its takers, and how a taker stands to it; the exchange has the last word. */
export function conditionsOf(
  on: AdConditions,
  fiat: string,
  format: Pick<Format, 'short' | 'money'>,
  taker: Taker | null,
): readonly Condition[] {
  const all: Condition[] = [];
  const ask = (text: string, isMet: (taker: Taker) => boolean | null) =>
    all.push({ text, isMet: taker && isMet(taker) });
  const { min_completed_trades: trades, min_account_age_days: days } = on;
  if (trades) ask(`${trades} completed trades or more`, (own) => own.completed_trades >= trades);
  if (on.min_completion_rate) {
    const least = Decimal.of(on.min_completion_rate);
    ask(`Completion rate of ${format.short(on.min_completion_rate)} % or more`, (own) =>
      reaches(own.completion_rate, least),
    );
  }
  if (days) ask(`Registered ${days} days ago or more`, (own) => own.days >= days);
  if (on.min_rating) {
    const least = Decimal.of(on.min_rating);
    ask(`Rating of ${format.short(on.min_rating)} or more`, (own) => reaches(own.rating, least));
  }
  if (on.first_trade_max_fiat)
    ask(`First trade of at most ${format.money(on.first_trade_max_fiat, fiat)}`, (own) =>
      own.completed_trades > 0 ? true : null,
    );
  return all;
}

/** Who has no figure does not reach it. */
function reaches(figure: string | null | undefined, least: Decimal): boolean {
  const own = Decimal.parse(figure);
  return own !== null && !own.below(least);
}
