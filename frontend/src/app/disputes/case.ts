import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { calm } from '../core/calm';
import {
  Api,
  type AuditEntry,
  type Escrow,
  type P2PMessage,
  type P2PTrade,
  listAudit,
  listMessages,
  showDispute,
  showEscrow,
  showP2PTrade,
} from '../core/client';
import { Seconds } from '../core/clock';
import { Feed, type FeedEvent } from '../core/feed';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { type Seen, standingOf } from './standing';

/** What only the parties, the assigned arbitrator and admins get to see. */
export interface Inside {
  trade: P2PTrade;
  escrow: Escrow;
  trail: readonly AuditEntry[];
  messages: readonly P2PMessage[];
}

const NOBODY = { username: '', isArbitrator: false, isAdmin: false };

/** One dispute with all that belongs to it, read anew whenever something is done to its trade. */
@Injectable()
export class Case {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly seconds = inject(Seconds);

  readonly dispute = signal<Seen | null>(null);
  readonly inside = signal<Inside | null>(null);
  readonly problem = signal<Problem | null>(null);
  private id = '';

  readonly standing = computed(() => {
    const dispute = this.dispute();
    if (!dispute) return null;
    const user = this.session.user();
    const who = user && {
      username: user.username,
      isArbitrator: this.session.isArbitrator(),
      isAdmin: this.session.isAdmin(),
    };
    return standingOf(dispute, who ?? NOBODY, this.seconds.now());
  });

  constructor() {
    const again = calm(300, () => void this.load());
    const unwatch = inject(Feed).watch('p2p', {
      event: (event) => this.concerns(event) && again(),
      started: again,
    });
    inject(DestroyRef).onDestroy(unwatch);
  }

  open(id: string): void {
    this.id = id;
    this.dispute.set(null);
    this.inside.set(null);
    void this.load();
  }

  async load(): Promise<void> {
    const id = this.id;
    if (!id) return;
    try {
      const dispute: Seen = await this.api.invoke(showDispute, { id });
      const inside = dispute.statements ? await this.readInside(dispute.trade_id) : null;
      if (id !== this.id) return;
      this.dispute.set(dispute);
      this.inside.set(inside);
      this.problem.set(null);
    } catch (error) {
      if (id === this.id) this.problem.set(problemOf(error));
    }
  }

  private async readInside(id: string): Promise<Inside> {
    const [trade, escrow, trail, messages] = await Promise.all([
      this.api.invoke(showP2PTrade, { id }),
      this.api.invoke(showEscrow, { id }),
      this.api.invoke(listAudit, { id, limit: 500 }),
      this.api.invoke(listMessages, { id, limit: 500 }),
    ]);
    return { trade, escrow, trail: trail.data, messages: messages.data };
  }

  private concerns({ data }: FeedEvent): boolean {
    const { id, trade_id } = data as { id?: string; trade_id?: string };
    const trade = this.dispute()?.trade_id;
    return trade_id === trade || id === trade || Array.isArray(data);
  }
}
