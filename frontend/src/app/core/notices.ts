import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { Api, type Notification, notifications, readNotifications } from './client';
import { Feed, type FeedEvent } from './feed';
import { Format } from './format';
import { Pages } from './pages';
import { Preferences } from './preferences';
import { Session } from './session';
import { Toasts } from './toasts';

/** The notification centre: what the exchange told the user, newest first. */
@Injectable({ providedIn: 'root' })
export class Notices {
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  private readonly preferences = inject(Preferences);
  private readonly format = inject(Format);

  readonly pages = new Pages((after) =>
    this.api.invoke(notifications, { limit: 30, after: after }),
  );
  readonly unread = computed(() => this.pages.rows().filter((each) => !each.read).length);
  /** Rises with each new one: for pages that show what they tell of. */
  readonly arrived = signal(0);

  constructor() {
    const session = inject(Session);
    inject(Feed).watch('notifications', {
      event: (event) => this.heard(event),
      started: () => void this.pages.reload(),
    });
    effect(() => {
      if (!session.isLoggedIn()) untracked(() => this.pages.rows.set([]));
    });
  }

  async markAllRead(): Promise<void> {
    const newest = this.pages.rows()[0];
    if (!newest || this.unread() === 0) return;
    await this.api.invoke(readNotifications, { body: { through: newest.id } });
    this.pages.rows.update((rows) => rows.map((each) => ({ ...each, read: true })));
  }

  /** What it says, in a sentence. */
  sentence(notice: Notification): string {
    const words = notice.type.replaceAll('_', ' ').toLowerCase();
    const parts = [words.charAt(0).toUpperCase() + words.slice(1)];
    if (notice.instrument) parts.push(notice.instrument);
    if (notice.amount && notice.currency)
      parts.push(this.format.money(notice.amount, notice.currency));
    if (notice.order_id) parts.push(`order ${notice.order_id}`);
    if (notice.p2p_trade_id) parts.push(`trade ${notice.p2p_trade_id}`);
    if (notice.status) parts.push(notice.status.replaceAll('_', ' ').toLowerCase());
    if (notice.rating) parts.push(`${notice.rating} of 5`);
    return parts.join(' · ');
  }

  /** Where it leads. */
  link(notice: Notification): string | null {
    if (notice.p2p_trade_id) return `/p2p/trades/${notice.p2p_trade_id}`;
    if (notice.instrument) return `/trade/${notice.instrument}`;
    if (notice.advertisement_id) return '/p2p/ads';
    return notice.currency ? '/wallets' : null;
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return void this.pages.reload();
    const told = event.data as Notification | readonly Notification[];
    const fresh = (Array.isArray(told) ? told : [told]) as readonly Notification[];
    const known = new Set(this.pages.rows().map((each) => each.id));
    const news = fresh.filter((each) => !known.has(each.id));
    this.pages.rows.update((rows) => [...[...news].reverse(), ...rows]);
    this.arrived.update((count) => count + news.length);
    if (this.preferences.toasts())
      for (const each of news) this.toasts.show(this.sentence(each), 'plain', this.link(each));
  }
}
