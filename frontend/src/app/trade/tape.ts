import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { Api, type Print, listTrades } from '../core/client';
import { PaintClock } from '../core/clock';
import { Feed, type FeedEvent } from '../core/feed';
import { type Problem, problemOf } from '../core/problem';

const KEPT = 100;

/** The newest trades of the instrument on the screen. */
@Injectable()
export class Tape {
  private readonly api = inject(Api);
  private readonly feed = inject(Feed);
  private readonly paint = inject(PaintClock);

  /** Newest first; null until they are read. */
  readonly prints = signal<readonly Print[] | null>(null);
  readonly problem = signal<Problem | null>(null);

  private instrument = '';
  private newest: readonly Print[] = [];
  private stop: (() => void) | null = null;
  private readonly publish = () => this.prints.set(this.newest);

  constructor() {
    inject(DestroyRef).onDestroy(() => this.leave());
  }

  follow(instrument: string): void {
    this.leave();
    this.instrument = instrument;
    this.newest = [];
    this.prints.set(null);
    this.stop = this.feed.watch(`trades:${instrument}`, {
      event: (event) => this.heard(event),
      started: () => void this.load(),
    });
  }

  async load(): Promise<void> {
    const { instrument } = this;
    this.problem.set(null);
    try {
      const { data } = await this.api.invoke(listTrades, { instrument, limit: String(KEPT) });
      if (instrument === this.instrument) this.merge(data);
    } catch (error) {
      if (instrument === this.instrument) this.problem.set(problemOf(error));
    }
  }

  private heard(event: FeedEvent): void {
    const prints = event.data as readonly Print[];
    if (event.type === 'resync') this.newest = [];
    this.merge(prints);
  }

  private merge(prints: readonly Print[]): void {
    this.newest = mergePrints(this.newest, prints, KEPT);
    this.paint.request(this.publish);
  }

  private leave(): void {
    this.stop?.();
    this.stop = null;
    this.paint.forget(this.publish);
  }
}

/** Both, newest first and each once, the newest `most`. */
export function mergePrints(
  kept: readonly Print[],
  fresh: readonly Print[],
  most: number,
): readonly Print[] {
  const all = new Map([...kept, ...fresh].map((print) => [print.trade_id, print]));
  return [...all.values()].sort((a, b) => idOrder(b.trade_id, a.trade_id)).slice(0, most);
}

function idOrder(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
