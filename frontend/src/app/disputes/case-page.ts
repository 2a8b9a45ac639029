import { ChangeDetectionStrategy, Component, computed, effect, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { takeDispute } from '../core/client';
import { Seconds } from '../core/clock';
import { Command } from '../core/command';
import { Format } from '../core/format';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Money, When, Words } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Empty, Failure, Skeleton } from '../ui/state';
import { AppealForm } from './appeal-form';
import { Case } from './case';
import { Chat } from './chat';
import { EvidenceList } from './evidence-list';
import { PartyPanel } from './party-panel';
import { Reassign } from './reassign';
import { outcomeWords } from './standing';
import { Timeline } from './timeline';
import { VerdictForm } from './verdict-form';

/** One dispute: what both say and show, what happened, and for its arbitrator the verdict. */
@Component({
  selector: 'souk-case',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    AppealForm,
    Chat,
    Empty,
    EvidenceList,
    Failure,
    Icon,
    Money,
    PartyPanel,
    Reassign,
    RouterLink,
    Skeleton,
    Timeline,
    VerdictForm,
    When,
    Words,
  ],
  providers: [Case],
  templateUrl: './case-page.html',
  styleUrl: './case-page.css',
})
export class CasePage {
  readonly id = input.required<string>();

  protected readonly case = inject(Case);
  private readonly format = inject(Format);
  private readonly seconds = inject(Seconds);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly take = new Command();
  protected readonly outcomeWords = outcomeWords;

  protected readonly isUnknown = computed(
    () => this.case.problem()?.status === 404 && !this.case.dispute(),
  );
  protected readonly age = computed(() => {
    const opened = this.case.dispute()?.opened_at;
    return opened ? this.format.duration((this.seconds.now() - Date.parse(opened)) / 1000) : null;
  });
  /** What the clock does next, and when. */
  protected readonly next = computed(() => {
    const trade = this.case.inside()?.trade;
    if (!trade?.deadline) return null;
    const left = Date.parse(trade.deadline) - this.seconds.now();
    const what =
      trade.status === 'VERDICT_PENDING' ? 'The verdict is carried out in' : 'To be decided within';
    return { what, left: this.format.countdown(left), at: trade.deadline };
  });

  constructor() {
    effect(() => this.case.open(this.id()));
  }

  protected async takeIt(): Promise<void> {
    const dispute = this.case.dispute();
    if (!dispute) return;
    const yes = await this.confirm.ask({
      title: 'Take this dispute?',
      text: 'You then read all of it, and you are the one who decides. Both parties are told.',
      yes: 'Take it',
    });
    if (!yes) return;
    if (await this.take.run(takeDispute, { id: dispute.id, body: null }))
      this.toasts.show('The dispute is yours to decide.', 'good');
    await this.case.load();
  }
}
