import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { PaintClock } from '../core/clock';
import { Feed, type FeedEvent } from '../core/feed';
import { type BookData, type BookView, OrderBook } from './order-book';

const DEPTH = 1000;

/**
 * The book of the instrument on the screen. Every event goes into a book that changes in place; one
 * immutable view of it is published for each paint.
 */
@Injectable()
export class LiveBook {
  private readonly feed = inject(Feed);
  private readonly paint = inject(PaintClock);

  /** Null until the first snapshot is there. */
  readonly view = signal<BookView | null>(null);
  /** How often it had to be taken up anew since the page is open, and when it last was. */
  readonly resyncs = signal(0);
  readonly resyncedAt = signal<number | null>(null);
  /** Whether what is shown may be out of date. */
  readonly isStale = computed(() => this.feed.isStale() || !this.isLive());

  private readonly isLive = signal(false);
  private book = new OrderBook();
  private hasStarted = false;
  private stop: (() => void) | null = null;
  private readonly publish = () => {
    this.view.set(this.book.view());
    this.isLive.set(this.hasStarted);
  };

  constructor() {
    inject(DestroyRef).onDestroy(() => this.leave());
  }

  /** Shows another instrument. */
  follow(instrument: string): void {
    this.leave();
    this.book = new OrderBook();
    this.hasStarted = false;
    this.view.set(null);
    this.isLive.set(false);
    this.resyncedAt.set(null);
    const channel = `orderbook:${instrument}`;
    const watcher = {
      event: (event: FeedEvent) => this.heard(channel, event),
      started: () => this.isLive.set(false),
    };
    this.stop = this.feed.watch(channel, watcher, { depth: DEPTH });
  }

  private heard(channel: string, event: FeedEvent): void {
    // A resync only announces the snapshot that follows.
    if (event.type === 'resync') return;
    const isSnapshot = event.type === 'order_book_snapshot';
    const data = event.data as BookData;
    if (isSnapshot && this.hasStarted) this.resynced();
    const isTrue = isSnapshot
      ? this.book.start(event.sequence, data)
      : this.book.apply(event.sequence, data);
    this.hasStarted = isTrue;
    if (isTrue) return this.paint.request(this.publish);
    this.isLive.set(false);
    this.hasStarted = true;
    this.feed.restart(channel);
  }

  private resynced(): void {
    this.resyncs.update((count) => count + 1);
    this.resyncedAt.set(Date.now());
  }

  private leave(): void {
    this.stop?.();
    this.stop = null;
    this.paint.forget(this.publish);
  }
}
