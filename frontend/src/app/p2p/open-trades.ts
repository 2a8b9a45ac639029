import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { Api, listP2PTrades, type P2PTrade } from '../core/client';
import { Feed, type FeedEvent } from '../core/feed';
import { Session } from '../core/session';
import { awaits, isOpen } from './machine';

/** What a `p2p` event tells of a trade. */
export type TradeChange = P2PTrade & { action: string; party: string };

/** One's own open trades, up to date while somebody is logged in. */
@Injectable({ providedIn: 'root' })
export class OpenTrades {
  private readonly api = inject(Api);
  private readonly session = inject(Session);

  readonly all = signal<readonly P2PTrade[]>([]);
  /** How many wait for the user. */
  readonly awaiting = computed(() => {
    const me = this.session.user()?.username;
    return this.all().filter((trade) => awaits(trade, me)).length;
  });

  constructor() {
    inject(Feed).watch('p2p', {
      event: (event) => this.heard(event),
      started: () => void this.load(),
    });
    effect(() => {
      if (!this.session.isLoggedIn()) untracked(() => this.all.set([]));
    });
  }

  async load(): Promise<void> {
    try {
      this.all.set((await this.api.invoke(listP2PTrades, { status: 'OPEN', limit: 500 })).data);
    } catch {
      // It is a count in the navigation; the list of trades tells of the failure.
      return;
    }
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') this.all.set(event.data as readonly P2PTrade[]);
    if (event.type !== 'p2p_trade_status_change') return;
    const changed = event.data as TradeChange;
    this.all.update((all) => {
      const others = all.filter(({ id }) => id !== changed.id);
      return isOpen(changed) ? [changed, ...others] : others;
    });
  }
}
