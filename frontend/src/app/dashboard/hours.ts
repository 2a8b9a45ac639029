import { DestroyRef, Injectable, effect, inject, signal, untracked } from '@angular/core';
import { Api, type Candle, listCandles } from '../core/client';
import { Market } from '../core/market';
import { type Problem, problemOf } from '../core/problem';
import type { Histories } from './equity';

/** A week, and the hour under way. */
const KEPT = 169;
const AGAIN_MS = 60_000;

/** The hourly candles of a week, of each instrument; read anew each minute while the page is seen. */
@Injectable()
export class Hours {
  private readonly api = inject(Api);
  private readonly market = inject(Market);

  /** Null until it was read. */
  readonly histories = signal<Histories | null>(null);
  readonly problem = signal<Problem | null>(null);

  constructor() {
    effect(() => {
      if (this.market.instruments().length > 0) untracked(() => void this.load());
    });
    const again = setInterval(() => {
      if (!document.hidden) void this.load();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(again));
  }

  async load(): Promise<void> {
    const names = this.market.instruments().map(({ name }) => name);
    try {
      const read = await Promise.all(names.map(async (name) => [name, await this.read(name)]));
      this.histories.set(Object.fromEntries(read));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private async read(instrument: string): Promise<readonly Candle[]> {
    const { data } = await this.api.invoke(listCandles, { instrument, interval: '1h' });
    return data.slice(-KEPT);
  }
}
