import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  effect,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { calm } from '../core/calm';
import { Api, type ListedDispute, listDisputes } from '../core/client';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Pages } from '../core/pages';
import { Session } from '../core/session';
import { Money, Words } from '../ui/figures';
import { Segments } from '../ui/segments';
import { Cell, Table } from '../ui/table';

const OPEN = ['OPEN', 'ASSIGNED', 'DECIDED'];
const AGAIN_MS = 30_000;

/** One's own disputes; for arbitrators also those that wait for one, oldest first. */
@Component({
  selector: 'souk-disputes',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Cell, Money, RouterLink, Segments, Table, Words],
  templateUrl: './disputes.html',
  styleUrl: './disputes.css',
})
export class Disputes {
  private readonly api = inject(Api);
  private readonly market = inject(Market);
  protected readonly session = inject(Session);
  protected readonly format = inject(Format);

  protected readonly pages = new Pages<ListedDispute>((after) =>
    this.api.invoke(listDisputes, { limit: 500, after }),
  );
  protected readonly view = signal(this.session.isArbitrator() ? 'queue' : 'all');
  protected readonly currency = signal('');
  protected readonly sort = signal('age');

  protected readonly views = computed(() => {
    const count = (view: string) => this.of(view).length;
    const own = this.session.isArbitrator()
      ? [
          { value: 'queue', label: `Nobody's (${count('queue')})` },
          { value: 'mine', label: `Mine (${count('mine')})` },
        ]
      : [];
    return [
      ...own,
      { value: 'open', label: `Open (${count('open')})` },
      { value: 'all', label: 'All' },
    ];
  });

  protected readonly rows = computed(() => {
    const currency = this.currency();
    const rows = this.of(this.view()).filter((row) => !currency || row.currency === currency);
    const worth = (row: ListedDispute) =>
      this.market.usdValue(row.currency, row.amount) ?? Decimal.zero;
    return [...rows].sort((a, b) =>
      this.sort() === 'amount'
        ? worth(b).compare(worth(a))
        : a.opened_at.localeCompare(b.opened_at),
    );
  });
  protected readonly currencies = computed(() => [
    ...new Set(this.pages.rows().map(({ currency }) => currency)),
  ]);

  protected readonly columns = [
    { key: 'id', label: 'Dispute' },
    { key: 'reason', label: 'Reason' },
    { key: 'parties', label: 'Buyer and seller' },
    { key: 'amount', label: 'In escrow', end: true },
    { key: 'age', label: 'Age', end: true },
    { key: 'status', label: 'Status' },
    { key: 'arbitrator', label: 'Arbitrator' },
    { key: 'open', label: '', end: true },
  ];
  protected readonly empty = computed(() =>
    this.view() === 'queue'
      ? 'Nothing waits for an arbitrator.'
      : 'No disputes. They are opened from a P2P trade, where the other side does not do its part.',
  );

  constructor() {
    const reload = calm(1000, () => void this.pages.reload());
    const unwatch = inject(Feed).watch('p2p', { event: reload, started: reload });
    // Disputes of others are not told of by the feed before they are taken.
    const again = setInterval(() => {
      if (!document.hidden && this.session.isArbitrator()) reload();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => {
      unwatch();
      clearInterval(again);
    });
    void this.pages.reload();
    effect(() => {
      if (this.session.isArbitrator())
        untracked(() => this.view() === 'all' && this.view.set('queue'));
    });
  }

  protected keyOf(row: ListedDispute): string {
    return row.id;
  }

  protected tone(row: ListedDispute): string {
    if (row.status === 'OPEN') return 'warn';
    if (row.status === 'ASSIGNED') return 'accent';
    return row.status === 'DECIDED' ? 'accent' : '';
  }

  private of(view: string): readonly ListedDispute[] {
    const me = this.session.user()?.username ?? '';
    const isParty = (row: ListedDispute) => row.buyer === me || row.seller === me;
    return this.pages.rows().filter((row) => {
      switch (view) {
        case 'queue':
          return row.status === 'OPEN' && !row.arbitrator && !isParty(row);
        case 'mine':
          return row.arbitrator === me && OPEN.includes(row.status);
        case 'open':
          return OPEN.includes(row.status);
        default:
          return true;
      }
    });
  }
}
