import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import {
  Api,
  type AuditEntry,
  type Dispute,
  type Escrow,
  type P2PMessage,
  type P2PTrade,
  listAudit,
  listMessages,
  showDispute,
  showEscrow,
  showP2PTrade,
} from '../../core/client';
import { Feed, type FeedEvent } from '../../core/feed';
import { type Problem, problemOf } from '../../core/problem';
import { Session } from '../../core/session';
import { ExchangeTime } from '../exchange-time';
import { type Act, actsOf, otherOf, roleOf } from '../machine';
import type { TradeChange } from '../open-trades';

const PAGE = 500;
/** While a dispute is decided, who decides it may write, too. */
const ARBITRATED = ['DISPUTED', 'VERDICT_PENDING'];

/** One trade with all that belongs to it, as it happens. */
@Injectable()
export class TradeRoom {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly time = inject(ExchangeTime);

  readonly trade = signal<P2PTrade | null>(null);
  readonly escrow = signal<Escrow | null>(null);
  readonly dispute = signal<Dispute | null>(null);
  readonly messages = signal<readonly P2PMessage[]>([]);
  readonly audit = signal<readonly AuditEntry[]>([]);
  readonly problem = signal<Problem | null>(null);

  readonly me = computed(() => this.session.user()?.username ?? '');
  readonly role = computed(() => {
    const trade = this.trade();
    return trade ? roleOf(trade, this.me()) : 'observer';
  });
  readonly other = computed(() => {
    const trade = this.trade();
    return trade ? otherOf(trade, this.role()) : '';
  });
  readonly acts = computed(() => {
    const [trade, dispute] = [this.trade(), this.dispute()];
    if (!trade) return new Set<Act>();
    if (dispute?.arbitrator === this.me() && ARBITRATED.includes(trade.status) && !trade.frozen)
      return new Set<Act>(['write']);
    return actsOf(trade, this.role(), dispute);
  });
  /** Whether the seller has given more time already; it goes once. */
  readonly isExtended = computed(() => this.audit().some(({ action }) => action === 'EXTENDED'));

  private id = '';

  constructor() {
    const leave = inject(Feed).watch('p2p', {
      event: (event) => this.heard(event),
      started: () => this.trade() && void this.load(),
    });
    inject(DestroyRef).onDestroy(leave);
  }

  open(id: string): void {
    this.id = id;
    this.trade.set(null);
    this.messages.set([]);
    this.audit.set([]);
    this.escrow.set(null);
    this.dispute.set(null);
    void this.load();
  }

  async load(): Promise<void> {
    const { id } = this;
    this.problem.set(null);
    void this.time.compare();
    try {
      const trade = await this.api.invoke(showP2PTrade, { id });
      if (id !== this.id) return;
      this.take(trade);
      await Promise.all([this.readMessages(id), this.readRest()]);
    } catch (error) {
      if (id === this.id) this.problem.set(problemOf(error));
    }
  }

  /** Takes over what a command answered. */
  changed(trade: P2PTrade): void {
    this.take(trade);
    void this.readRest().catch(() => undefined);
  }

  /** Reads the dispute anew, after something was added to it. */
  async readDispute(): Promise<void> {
    const id = this.trade()?.dispute_id;
    this.dispute.set(id ? await this.api.invoke(showDispute, { id }) : null);
  }

  /** Adds lines to the chat, each once and in order. */
  addMessages(added: readonly P2PMessage[]): void {
    const known = new Set(this.messages().map(({ id }) => id));
    const news = added.filter(({ id }) => !known.has(id));
    if (news.length === 0) return;
    this.messages.update((all) => [...all, ...news].sort((a, b) => Number(a.id) - Number(b.id)));
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return void this.load();
    if (event.type === 'p2p_message') {
      const message = event.data as P2PMessage;
      if (message.trade_id === this.id) this.addMessages([message]);
      return;
    }
    const change = event.data as TradeChange;
    if (event.type === 'p2p_trade_status_change' && change.id === this.id && this.trade())
      this.changed(change);
  }

  private take(trade: P2PTrade): void {
    const now = this.trade();
    if (now?.id === trade.id && now.updated_at > trade.updated_at) return;
    this.trade.set(trade);
  }

  private async readRest(): Promise<void> {
    const trade = this.trade();
    if (!trade) return;
    const { id, escrow_id } = trade;
    const [escrow, audit] = await Promise.all([
      this.api.invoke(showEscrow, { id: escrow_id }),
      this.api.invoke(listAudit, { id, limit: PAGE }),
      this.readDispute(),
    ]);
    if (id !== this.id) return;
    this.escrow.set(escrow);
    this.audit.set([...audit.data].sort((a, b) => a.sequence - b.sequence));
  }

  private async readMessages(id: string): Promise<void> {
    let after: string | undefined;
    do {
      const page = await this.api.invoke(listMessages, { id, limit: PAGE, after });
      if (id !== this.id) return;
      this.addMessages(page.data);
      after = page.next ?? undefined;
    } while (after);
  }
}
