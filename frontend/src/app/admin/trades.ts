import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  signal,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  Api,
  type AuditEntry,
  type P2PTrade,
  freezeTrade,
  listAudit,
  showP2PTrade,
  unfreezeTrade,
} from '../core/client';
import { Command } from '../core/command';
import { type Problem, problemOf } from '../core/problem';
import { Toasts } from '../core/toasts';
import { Timeline } from '../disputes/timeline';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import { Money, When, Words } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Empty, Failure, Skeleton } from '../ui/state';

const OPEN = ['PENDING', 'PAYMENT_SENT', 'RELEASE_OVERDUE', 'DISPUTED', 'VERDICT_PENDING'];

/** Looks a P2P trade up with its audit trail; stops it, and lets it go on. */
@Component({
  selector: 'souk-admin-trades',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, Field, Icon, Money, RouterLink, Skeleton, Timeline, When, Words],
  templateUrl: './trades.html',
  styleUrl: './look-up.css',
})
export class TradesPage {
  /** Which trade the address names. */
  readonly id = input<string>();

  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();

  protected readonly typed = signal('');
  protected readonly reason = signal('');
  protected readonly trade = signal<P2PTrade | null>(null);
  protected readonly trail = signal<readonly AuditEntry[]>([]);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly isOpen = computed(() => OPEN.includes(this.trade()?.status ?? ''));

  constructor() {
    effect(() => {
      this.id();
      this.trade.set(null);
      this.command.problem.set(null);
      void this.read();
    });
  }

  protected find(event: Event): void {
    event.preventDefault();
    const id = this.typed().trim();
    if (id) void this.router.navigate(['/admin/trades', id]);
  }

  protected async toggle(event: Event, trade: P2PTrade): Promise<void> {
    event.preventDefault();
    const reason = this.reason().trim();
    const yes = await this.confirm.ask({
      title: trade.frozen ? `Let trade ${trade.id} go on?` : `Stop trade ${trade.id}?`,
      text: trade.frozen
        ? 'Deadlines go on with what was left of them.'
        : 'Deadlines stand still, and nothing that the parties do is taken until it goes on.',
      facts: [['Reason', reason]],
      yes: trade.frozen ? 'Unfreeze' : 'Freeze',
      tone: trade.frozen ? 'primary' : 'danger',
    });
    if (!yes) return;
    const call = trade.frozen ? unfreezeTrade : freezeTrade;
    const body = { reason, expected_state: trade.status };
    if (await this.command.run(call, { id: trade.id, body })) {
      this.reason.set('');
      this.toasts.show(`Trade ${trade.id} ${trade.frozen ? 'goes on' : 'was stopped'}.`, 'good');
    }
    await this.read();
  }

  protected async read(): Promise<void> {
    const id = this.id();
    this.problem.set(null);
    this.typed.set(id ?? '');
    if (!id) return;
    try {
      const [trade, trail] = await Promise.all([
        this.api.invoke(showP2PTrade, { id }),
        this.api.invoke(listAudit, { id, limit: 500 }),
      ]);
      if (id !== this.id()) return;
      this.trade.set(trade);
      this.trail.set(trail.data);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
