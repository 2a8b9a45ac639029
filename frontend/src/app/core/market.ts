import { Injectable, computed, inject, signal } from '@angular/core';
import { Api, type Instrument, type Ticker, listInstruments, showTicker } from './client';
import { PaintClock } from './clock';
import { Decimal } from './decimal';
import { Feed } from './feed';
import { type Problem, problemOf } from './problem';

/** What is traded, and how it stands: the instruments and their tickers, always up to date. */
@Injectable({ providedIn: 'root' })
export class Market {
  private readonly api = inject(Api);
  private readonly feed = inject(Feed);
  private readonly paint = inject(PaintClock);

  readonly instruments = signal<readonly Instrument[]>([]);
  readonly tickers = signal<Readonly<Record<string, Ticker>>>({});
  readonly problem = signal<Problem | null>(null);
  readonly isLoading = computed(() => this.instruments().length === 0 && !this.problem());

  private readonly newest: Record<string, Ticker> = {};
  private readonly publish = () => this.tickers.set({ ...this.newest });

  constructor() {
    void this.load();
  }

  async load(): Promise<void> {
    this.problem.set(null);
    try {
      const { data } = await this.api.invoke(listInstruments);
      if (this.instruments().length === 0) for (const { name } of data) this.follow(name);
      this.instruments.set(data);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  instrument(name: string): Instrument | undefined {
    return this.instruments().find((instrument) => instrument.name === name);
  }

  /** What one unit of `asset` is worth in USD by the last trades; null where none says it. */
  usdPrice(asset: string): Decimal | null {
    if (asset === 'USD') return Decimal.one;
    const direct = this.last(`${asset}-USD`);
    if (direct) return direct;
    const inUsdt = this.last(`${asset}-USDT`);
    const usdt = this.last('USDT-USD') ?? Decimal.one;
    if (inUsdt) return inUsdt.times(usdt);
    return asset === 'USDT' ? Decimal.one : null;
  }

  /** `amount` of `asset` in USD, at two decimals. */
  usdValue(asset: string, amount: string): Decimal | null {
    return this.usdPrice(asset)?.times(Decimal.of(amount)).rounded(2, 'down') ?? null;
  }

  private last(name: string): Decimal | null {
    return Decimal.parse(this.tickers()[name]?.last ?? this.instrument(name)?.last_price);
  }

  private follow(name: string): void {
    this.feed.watch(`ticker:${name}`, {
      event: (event) => this.keep(name, event.data as Ticker | null),
      started: () => void this.read(name),
    });
  }

  private async read(instrument: string): Promise<void> {
    try {
      this.keep(instrument, await this.api.invoke(showTicker, { instrument }));
    } catch {
      // The feed tells it with the next change.
      return;
    }
  }

  private keep(name: string, ticker: Ticker | null): void {
    if (!ticker) return;
    this.newest[name] = ticker;
    this.paint.request(this.publish);
  }
}
