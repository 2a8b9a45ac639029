import type { P2PTrade } from '../../core/client';
import { Decimal } from '../../core/decimal';
import { isOpen } from '../machine';

/** What the trades on one ad came to, as far back as the exchange lists them. */
export interface AdStatistics {
  open: number;
  completed: number;
  /** Cancelled, expired, or decided by an arbitrator. */
  other: number;
  /** Fiat of the completed ones. */
  volume: Decimal;
}

/** Statistics of each ad, from the trades of its owner as a maker. */
export function statisticsOf(trades: readonly P2PTrade[]): ReadonlyMap<string, AdStatistics> {
  const all = new Map<string, AdStatistics>();
  for (const trade of trades) {
    const so = all.get(trade.advertisement_id);
    const before = so ?? { open: 0, completed: 0, other: 0, volume: Decimal.zero };
    const total = Decimal.of(trade.total_fiat);
    const isCompleted = trade.status === 'COMPLETED';
    all.set(trade.advertisement_id, {
      open: before.open + (isOpen(trade) ? 1 : 0),
      completed: before.completed + (isCompleted ? 1 : 0),
      other: before.other + (isCompleted || isOpen(trade) ? 0 : 1),
      volume: before.volume.plus(isCompleted ? total : total.minus(total)),
    });
  }
  return all;
}
