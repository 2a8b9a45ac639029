import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { Api, type Notification, notifications, readNotifications } from './client';
import { Feed, type FeedEvent } from './feed';
import { Format } from './format';
import { noticeLink, noticeSentence, noticeTone } from './notice-words';
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
    return noticeSentence(notice, (amount, currency) => this.format.money(amount, currency));
  }

  /** Where it leads. */
  link(notice: Notification): string | null {
    return noticeLink(notice);
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
      for (const each of news)
        this.toasts.show(this.sentence(each), noticeTone(each), this.link(each));
  }
}
