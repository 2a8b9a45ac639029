import { DestroyRef, Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import {
  Api,
  type Fill,
  type Order,
  type OwnTrade,
  listOrders,
  listOwnTrades,
} from '../core/client';
import { PaintClock } from '../core/clock';
import { Decimal } from '../core/decimal';
import { Feed, type FeedEvent } from '../core/feed';
import { Market } from '../core/market';
import { Pages } from '../core/pages';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { stored } from '../core/storage';
import { termsOf } from './terms';

interface OrderUpdate {
  orders: readonly Order[];
  fills: readonly (Fill & { order_id: string })[];
}

const PAGE = '500';
const LIST = '50';

export const isOpen = ({ status }: Order) => status === 'PENDING' || status === 'PARTIALLY_FILLED';

/** One's own orders and fills: open ones whole, what has been page by page; all of it live. */
@Injectable()
export class OwnOrders {
  private readonly api = inject(Api);
  private readonly market = inject(Market);
  private readonly session = inject(Session);
  private readonly paint = inject(PaintClock);

  /** All that are open, newest first; null until they are read. */
  readonly open = signal<readonly Order[] | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** Whether the lists show only the instrument on the screen. */
  readonly onlyThis = stored('trade-only-this', false);
  readonly instrument = signal('');

  readonly shown = computed(() => {
    const [open, instrument] = [this.open() ?? [], this.instrument()];
    return this.onlyThis() ? open.filter((order) => order.instrument === instrument) : open;
  });
  /** Those that stand in the book on the screen; a stop that waits does not. */
  readonly resting = computed(() =>
    (this.open() ?? []).filter(
      ({ instrument, triggered }) => instrument === this.instrument() && triggered !== false,
    ),
  );

  readonly history = new Pages<Order>((after) =>
    this.api.invoke(listOrders, { status: 'CLOSED', limit: LIST, after, ...this.scope() }),
  );
  readonly fills = new Pages<OwnTrade>((after) =>
    this.api.invoke(listOwnTrades, { limit: LIST, after, ...this.scope() }),
  );
  /** The newest fills of the instrument on the screen: for marks on the chart. */
  readonly recent = computed(() =>
    this.fills.rows().filter(({ instrument }) => instrument === this.instrument()),
  );

  private readonly orders = new Map<string, Order>();
  private readonly publish = () => this.open.set([...this.orders.values()].sort(byNewest));
  private heardWhileLoading: Order[] | null = null;

  constructor() {
    const stop = inject(Feed).watch('orders', {
      event: (event) => this.heard(event),
      started: () => this.reload(),
    });
    inject(DestroyRef).onDestroy(() => {
      stop();
      this.paint.forget(this.publish);
    });
    effect(() => {
      if (!this.session.isLoggedIn()) untracked(() => this.forget());
    });
    effect(() => {
      this.onlyThis();
      this.instrument();
      untracked(() => this.reloadLists());
    });
  }

  reload(): void {
    void this.load();
    this.reloadLists();
  }

  /** What an answer says of an order, before the feed does. */
  take(order: Order): void {
    this.merge([order]);
  }

  async load(): Promise<void> {
    this.problem.set(null);
    this.heardWhileLoading = [];
    try {
      const read = await this.readOpen();
      if (!this.session.isLoggedIn()) return;
      this.orders.clear();
      for (const order of read) this.orders.set(order.id, order);
      this.publish();
      this.merge(this.heardWhileLoading ?? []);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.heardWhileLoading = null;
    }
  }

  private async readOpen(): Promise<Order[]> {
    const all: Order[] = [];
    let after: string | undefined;
    do {
      const page = await this.api.invoke(listOrders, { status: 'OPEN', limit: PAGE, after });
      all.push(...page.data);
      after = page.next ?? undefined;
    } while (after);
    return all;
  }

  private reloadLists(): void {
    if (!this.session.isLoggedIn()) return;
    void this.history.reload();
    void this.fills.reload();
  }

  private scope(): { instrument?: string } {
    return this.onlyThis() ? { instrument: this.instrument() } : {};
  }

  private isInScope(instrument: string): boolean {
    return !this.onlyThis() || instrument === this.instrument();
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return this.reload();
    const { orders, fills } = event.data as OrderUpdate;
    this.merge(orders);
    const fresh = fills.map((fill) => this.ownTrade(fill, orders, event));
    prepend(
      this.fills,
      fresh.filter((trade) => trade !== null && this.isInScope(trade.instrument)) as OwnTrade[],
      (trade) => `${trade.instrument}:${trade.trade_id}:${trade.order_id}`,
    );
  }

  private merge(changed: readonly Order[]): void {
    this.heardWhileLoading?.push(...changed);
    for (const order of changed)
      if (isOpen(order)) this.orders.set(order.id, order);
      else this.orders.delete(order.id);
    const closed = changed.filter((order) => !isOpen(order) && this.isInScope(order.instrument));
    prepend(this.history, closed, (order) => order.id);
    this.paint.request(this.publish);
  }

  /** An event's fill as the list has it. */
  private ownTrade(
    fill: Fill & { order_id: string },
    orders: readonly Order[],
    event: FeedEvent,
  ): OwnTrade | null {
    const order = orders.find(({ id }) => id === fill.order_id);
    const instrument = order && this.market.instrument(order.instrument);
    if (!order || !instrument) return null;
    const worth = Decimal.of(fill.price).times(Decimal.of(fill.quantity));
    return {
      ...fill,
      instrument: order.instrument,
      order_type: order.order_type,
      notional: worth.rounded(termsOf(instrument).quoteScale, 'down').toString(),
      sequence: event.sequence,
      created_at: event.timestamp,
    };
  }

  private forget(): void {
    this.orders.clear();
    this.open.set(null);
    this.history.rows.set([]);
    this.fills.rows.set([]);
  }
}

/** Puts what is new before a list, or in the place of what it was. */
function prepend<T>(pages: Pages<T>, fresh: readonly T[], key: (row: T) => string): void {
  if (fresh.length === 0) return;
  const keys = new Set(fresh.map(key));
  const newestFirst = [...fresh].reverse();
  pages.rows.update((rows) => [...newestFirst, ...rows.filter((row) => !keys.has(key(row)))]);
}

function byNewest(a: Order, b: Order): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? 1 : -1;
  return b.id.length - a.id.length || (a.id < b.id ? 1 : -1);
}
