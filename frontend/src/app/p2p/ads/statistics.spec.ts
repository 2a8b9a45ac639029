import type { P2PTrade } from '../../core/client';
import { statisticsOf } from './statistics';

const trade = (advertisement_id: string, status: string, total_fiat: string) =>
  ({ advertisement_id, status, total_fiat }) as P2PTrade;

describe('statistics of ads', () => {
  it('counts by ad, and adds what was completed', () => {
    const all = statisticsOf([
      trade('1', 'COMPLETED', '100.10'),
      trade('1', 'COMPLETED', '0.20'),
      trade('1', 'PENDING', '5.00'),
      trade('1', 'DISPUTED', '5.00'),
      trade('1', 'CANCELLED', '5.00'),
      trade('2', 'EXPIRED', '7.00'),
    ]);
    const told = [...all].map(
      ([ad, { open, completed, other, volume }]) =>
        `${ad}: ${open} ${completed} ${other} ${volume}`,
    );
    expect(told).toEqual(['1: 2 2 1 100.30', '2: 0 0 1 0.00']);
  });
});
