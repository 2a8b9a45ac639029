import { ChangeDetectionStrategy, Component, DestroyRef, inject, signal } from '@angular/core';
import { Api, type LiveDigest, type Status, digest, snapshot, status } from '../core/client';
import { Command } from '../core/command';
import { Format } from '../core/format';
import { type Problem, problemOf } from '../core/problem';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Failure, Skeleton } from '../ui/state';
import { ClockPanel } from './clock-panel';
import { TotalsPanel } from './totals-panel';

const AGAIN_MS = 3000;

/** How the exchange is: journal, snapshots, mirror, the ledger's sums, the clock. */
@Component({
  selector: 'souk-system',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ClockPanel, Failure, Skeleton, TotalsPanel],
  templateUrl: './system.html',
  styleUrl: './system.css',
})
export class SystemPage {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly format = inject(Format);
  protected readonly command = new Command();

  protected readonly now = signal<Status | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly live = signal<LiveDigest | null>(null);
  protected readonly digesting = signal(false);

  constructor() {
    void this.load();
    const again = setInterval(() => {
      if (!document.hidden) void this.load();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(again));
  }

  protected async load(): Promise<void> {
    try {
      this.now.set(await this.api.invoke(status));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  protected count(sequence: number | null | undefined): string {
    return this.format.number(sequence == null ? null : String(sequence));
  }

  protected async makeSnapshot(): Promise<void> {
    const yes = await this.confirm.ask({
      title: 'Make a snapshot now?',
      text: 'The whole state is written to disk, so that the next start is quicker.',
      yes: 'Make a snapshot',
    });
    if (!yes) return;
    const taken = await this.command.run(snapshot, undefined);
    if (taken) this.toasts.show(`Snapshot through ${this.count(taken.through)}.`, 'good');
    await this.load();
  }

  protected async readDigest(): Promise<void> {
    this.digesting.set(true);
    try {
      this.live.set(await this.api.invoke(digest));
    } catch (error) {
      this.toasts.show(problemOf(error).sentence, 'bad');
    } finally {
      this.digesting.set(false);
    }
  }
}
