import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { Api, type P2PTrade, type P2PTradeRole, listP2PTrades } from '../../core/client';
import { Feed } from '../../core/feed';
import { Format } from '../../core/format';
import { Pages } from '../../core/pages';
import { Session } from '../../core/session';
import { Money, When } from '../../ui/figures';
import { Segments } from '../../ui/segments';
import { Cell, Table } from '../../ui/table';
import { ExchangeTime } from '../exchange-time';
import { awaits, otherOf, roleOf } from '../machine';
import type { TradeChange } from '../open-trades';
import { Method, TradeStatus, statusTone } from '../texts';

const STATES = ['OPEN', 'CLOSED', 'ALL'] as const;
const ROLES: readonly P2PTradeRole[] = ['BUYER', 'SELLER', 'MAKER', 'TAKER'];

/** One's own P2P trades, by state and role. */
@Component({
  selector: 'souk-p2p-trades',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Cell, Method, Money, Segments, Table, TradeStatus, When],
  templateUrl: './trades.html',
  styleUrl: './trades.css',
})
export class Trades {
  readonly state = input<string>();
  readonly role = input<string>();

  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly format = inject(Format);
  private readonly time = inject(ExchangeTime);
  protected readonly feed = inject(Feed);

  protected readonly shownState = computed(() => known(STATES, this.state()) ?? 'OPEN');
  protected readonly shownRole = computed(() => known(ROLES, this.role()) ?? '');
  protected readonly pages = new Pages<P2PTrade>((after) => {
    const shown = this.shownState();
    const status = shown === 'ALL' ? undefined : shown;
    const role = this.shownRole() || undefined;
    return this.api.invoke(listP2PTrades, { status, role, after });
  });

  protected readonly states = [
    { value: 'OPEN', label: 'Open' },
    { value: 'CLOSED', label: 'Ended' },
    { value: 'ALL', label: 'All' },
  ];
  protected readonly roles = [
    { value: '', label: 'Any role' },
    { value: 'BUYER', label: 'I buy' },
    { value: 'SELLER', label: 'I sell' },
    { value: 'MAKER', label: 'On my ads' },
    { value: 'TAKER', label: 'On others’ ads' },
  ];
  protected readonly columns = [
    { key: 'trade', label: 'Trade' },
    { key: 'with', label: 'With' },
    { key: 'amount', label: 'Amount', end: true },
    { key: 'fiat', label: 'Total', end: true },
    { key: 'status', label: 'Status' },
    { key: 'next', label: 'Next' },
    { key: 'open', label: '', end: true },
  ];
  protected readonly empty = computed(() =>
    this.shownState() === 'OPEN' ? 'You have no open P2P trades.' : 'No P2P trades here.',
  );
  protected readonly idOf = (trade: P2PTrade) => trade.id;
  protected readonly toneOf = statusTone;

  constructor() {
    effect(() => {
      this.shownState();
      this.shownRole();
      untracked(() => {
        this.pages.rows.set([]);
        void this.pages.reload();
      });
    });
    const leave = inject(Feed).watch('p2p', {
      event: ({ type, data }) => {
        if (type === 'p2p_message') return;
        if (type !== 'resync') this.patch(data as TradeChange);
        void this.pages.reload();
      },
    });
    inject(DestroyRef).onDestroy(leave);
    void this.time.compare();
  }

  protected set(change: { state?: string; role?: string }): void {
    const next = { state: this.shownState(), role: this.shownRole(), ...change };
    const queryParams = {
      state: next.state === 'OPEN' ? null : next.state,
      role: next.role || null,
    };
    void this.router.navigate(['/p2p/trades'], { queryParams, replaceUrl: true });
  }

  protected isBuyer(trade: P2PTrade): boolean {
    return roleOf(trade, this.session.user()?.username) === 'buyer';
  }

  protected other(trade: P2PTrade): string {
    return otherOf(trade, this.isBuyer(trade) ? 'buyer' : 'seller');
  }

  protected isMine(trade: P2PTrade): boolean {
    return awaits(trade, this.session.user()?.username);
  }

  protected left(trade: P2PTrade): string | null {
    const { deadline } = trade;
    return deadline ? this.format.countdown(Date.parse(deadline) - this.time.now()) : null;
  }

  /** Shows a change before the list is read anew. */
  private patch(change: TradeChange): void {
    this.pages.rows.update((rows) => rows.map((row) => (row.id === change.id ? change : row)));
  }
}

function known<T extends string>(all: readonly T[], given: string | undefined): T | undefined {
  return all.find((each) => each === given);
}
