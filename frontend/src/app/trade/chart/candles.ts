import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { Api, type Candle, listCandles } from '../../core/client';
import { PaintClock } from '../../core/clock';
import { Feed, type FeedEvent } from '../../core/feed';
import { type Problem, problemOf } from '../../core/problem';
import { type Interval, withNewest, withOlder } from './series';

/** The candles of one instrument and interval: the newest live, older ones as they are asked for. */
@Injectable()
export class Candles {
  private readonly api = inject(Api);
  private readonly feed = inject(Feed);
  private readonly paint = inject(PaintClock);

  /** Oldest first; null until they are read. */
  readonly all = signal<readonly Candle[] | null>(null);
  readonly problem = signal<Problem | null>(null);
  readonly isLoadingOlder = signal(false);

  private instrument = '';
  private interval: Interval = '1m';
  private newest: readonly Candle[] | null = null;
  private pending: Candle[] = [];
  private isAtStart = false;
  private turn = 0;
  private stop: (() => void) | null = null;
  private readonly publish = () => this.all.set(this.newest);

  constructor() {
    inject(DestroyRef).onDestroy(() => this.leave());
  }

  follow(instrument: string, interval: Interval): void {
    this.leave();
    [this.instrument, this.interval] = [instrument, interval];
    this.newest = null;
    this.isAtStart = false;
    this.isLoadingOlder.set(false);
    this.all.set(null);
    this.stop = this.feed.watch(`candles:${instrument}:${interval}`, {
      event: (event) => this.heard(event),
      started: () => void this.load(),
    });
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    this.problem.set(null);
    this.pending = [];
    this.isLoadingOlder.set(false);
    try {
      const { instrument, interval } = this;
      const { data } = await this.api.invoke(listCandles, { instrument, interval });
      if (turn !== this.turn) return;
      this.newest = data;
      for (const candle of this.pending) this.take(candle);
      this.publish();
    } catch (error) {
      if (turn === this.turn) this.problem.set(problemOf(error));
    }
  }

  /** Reads what came before the first one; nothing once the beginning is reached. */
  async older(): Promise<void> {
    const first = this.newest?.[0];
    if (!first || this.isAtStart || this.isLoadingOlder()) return;
    const { instrument, interval, turn } = this;
    this.isLoadingOlder.set(true);
    try {
      const asked = { instrument, interval, to: first.start };
      const { data } = await this.api.invoke(listCandles, asked);
      if (turn !== this.turn) return;
      const joined = withOlder(this.newest ?? [], data);
      this.isAtStart = joined.length === this.newest?.length;
      this.newest = joined;
      this.publish();
    } catch {
      // It is asked for again with the next move of the chart.
      return;
    } finally {
      if (turn === this.turn) this.isLoadingOlder.set(false);
    }
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return void this.load();
    const candle = event.data as Candle;
    if (this.newest) this.take(candle);
    else this.pending.push(candle);
    this.paint.request(this.publish);
  }

  private take(candle: Candle): void {
    this.newest = withNewest(this.newest ?? [], candle, this.interval);
  }

  private leave(): void {
    this.turn++;
    this.stop?.();
    this.stop = null;
    this.paint.forget(this.publish);
  }
}
