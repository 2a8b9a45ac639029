import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { type Ad, Api, type ListedAd, listAds } from '../../core/client';
import { Feed, type FeedEvent } from '../../core/feed';
import { Pages } from '../../core/pages';
import { type Filters, askedOf, filtersOf, mayFit } from './filters';

const RELOAD_MS = 1000;
const PAGE = 50;
const PAGE_MAX = 500;

/** The ads that can be taken, as they are filtered; changes show at once, what is new soon after. */
@Injectable()
export class OfferList {
  private readonly api = inject(Api);
  readonly filters = signal<Filters>(filtersOf({}));

  readonly pages = new Pages<ListedAd>((after) =>
    this.api.invoke(listAds, { ...askedOf(this.filters()), after, limit: this.limit(after) }),
  );

  private soon: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    let isFirst = true;
    const leave = inject(Feed).watch('p2p:ads', {
      event: (event) => this.heard(event),
      // The page reads the list itself when it opens.
      started: () => (isFirst ? (isFirst = false) : this.reloadSoon()),
    });
    inject(DestroyRef).onDestroy(() => {
      leave();
      if (this.soon !== null) clearTimeout(this.soon);
    });
  }

  look(filters: Filters): void {
    this.filters.set(filters);
    this.pages.rows.set([]);
    void this.pages.reload();
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return this.reloadSoon();
    const ad = event.data as Ad;
    if (!mayFit(ad, this.filters())) return;
    const isShown = ad.status === 'ACTIVE' && !ad.hidden_reason;
    this.pages.rows.update((rows) =>
      rows.flatMap((row) => (row.id !== ad.id ? [row] : isShown ? [{ ...row, ...ad }] : [])),
    );
    this.reloadSoon();
  }

  /** Order, amount filter and reputation are the exchange's to tell. */
  private reloadSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      void this.pages.reload();
    }, RELOAD_MS);
  }

  /** A reload brings as much as was there. */
  private limit(after: string | undefined): number {
    return after ? PAGE : Math.min(PAGE_MAX, Math.max(PAGE, this.pages.rows().length));
  }
}
