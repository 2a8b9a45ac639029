import { DestroyRef, Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import {
  type Ad,
  Api,
  type ListedAd,
  type P2PTrade,
  listAds,
  listP2PTrades,
} from '../../core/client';
import { Feed } from '../../core/feed';
import { Pages } from '../../core/pages';
import { Session } from '../../core/session';
import { OpenTrades } from '../open-trades';
import { statisticsOf } from './statistics';

/** One's own ads with what became of them, up to date. */
@Injectable()
export class OwnAds {
  private readonly api = inject(Api);
  private readonly session = inject(Session);

  readonly pages = new Pages<ListedAd>((after) =>
    this.api.invoke(listAds, { mine: true, sort: 'created_at', limit: 500, after }),
  );
  private readonly made = signal<readonly P2PTrade[]>([]);
  readonly statistics = computed(() => statisticsOf(this.made()));

  constructor() {
    const leave = inject(Feed).watch('p2p:ads', {
      event: ({ type, data }) =>
        type === 'resync' ? void this.pages.reload() : this.changed(data as Ad),
    });
    inject(DestroyRef).onDestroy(leave);
    const open = inject(OpenTrades);
    effect(() => {
      // A trade that opened or moved on.
      open.all();
      untracked(() => void this.count());
    });
    void this.pages.reload();
  }

  /** Takes over an ad as it is now. */
  changed(ad: Ad): void {
    if (ad.owner !== this.session.user()?.username) return;
    if (!this.pages.rows().some(({ id }) => id === ad.id)) return void this.pages.reload();
    this.pages.rows.update((rows) =>
      rows.map((row) =>
        row.id === ad.id && row.updated_at <= ad.updated_at ? { ...row, ...ad } : row,
      ),
    );
  }

  private async count(): Promise<void> {
    try {
      const page = await this.api.invoke(listP2PTrades, { role: 'MAKER', limit: 500 });
      this.made.set(page.data);
    } catch {
      // Ads are shown without their statistics until the next change.
      return;
    }
  }
}
