import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import {
  type Dispute,
  type Evidence,
  type Verdict,
  addStatement,
  appealVerdict,
  withdrawDispute,
} from '../../core/client';
import { Command } from '../../core/command';
import { Toasts } from '../../core/toasts';
import { Confirm } from '../../ui/confirm';
import { Field } from '../../ui/field';
import { When, Words, words } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { DISPUTE_REASONS } from '../texts';
import { KINDS, addEvidence, evidenceParams, fileFault, sizeText } from './evidence-file';
import { EvidenceView } from './evidence-view';
import { OpenDispute } from './open-dispute';
import { outcomeText, verdictText } from './outlook';
import { TradeRoom } from './trade-room';

/** A dispute as its parties see it: what was said and brought in, and what was decided. */
@Component({
  selector: 'souk-dispute-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, Icon, When, Words],
  templateUrl: './dispute-panel.html',
  styleUrl: './dispute-panel.css',
})
export class DisputePanel {
  readonly dispute = input.required<Dispute>();

  protected readonly room = inject(TradeRoom);
  private readonly confirm = inject(Confirm);
  private readonly dialog = inject(Dialog);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly upload = new Command();
  protected readonly statement = signal('');
  protected readonly appealing = signal(false);
  protected readonly appealText = signal('');
  protected readonly fileFault = signal<string | null>(null);
  protected readonly kinds = KINDS.join(',');

  protected readonly isOpen = computed(() =>
    ['OPEN', 'ASSIGNED', 'DECIDED'].includes(this.dispute().status),
  );
  protected readonly hasAnswered = computed(() =>
    this.dispute().statements.some(({ by }) => by === this.room.me()),
  );
  protected readonly reasonText = computed(() => {
    const reason = this.dispute().reason ?? '';
    return DISPUTE_REASONS[reason] ?? words(reason);
  });
  protected readonly verdictText = computed(() => verdictText(this.room.trade()!, this.dispute()));
  /** Whether the verdict is for who looks; null where it is for neither. */
  protected readonly won = computed(() => {
    const outcome = this.dispute().verdict?.outcome;
    if (outcome === 'SPLIT' || this.room.role() === 'observer') return null;
    return (outcome === 'BUYER') === (this.room.role() === 'buyer');
  });

  protected outcomeText(verdict: Verdict): string {
    return outcomeText(this.room.trade()!, verdict);
  }

  protected kindOf(file: Evidence): string {
    if (file.media_type === 'text/plain') return 'Text';
    return file.media_type === 'application/pdf' ? 'PDF' : 'Picture';
  }

  protected sizeOf(file: Evidence): string {
    return sizeText(file.bytes);
  }

  protected answer(): void {
    const panelClass = 'dialog-pane';
    this.dialog.open(OpenDispute, { data: this.room, panelClass, ariaLabelledBy: 'dispute' });
  }

  protected view(file: Evidence): void {
    this.dialog.open(EvidenceView, {
      data: { dispute: this.dispute().id, file },
      panelClass: ['dialog-pane', 'wide'],
      ariaLabelledBy: 'evidence',
    });
  }

  protected async say(event: Event): Promise<void> {
    event.preventDefault();
    const text = this.statement().trim();
    if (!text) return;
    const body = { text };
    if (!(await this.command.run(addStatement, { id: this.dispute().id, body }))) return;
    this.statement.set('');
    await this.room.readDispute();
  }

  protected async add(control: HTMLInputElement): Promise<void> {
    const file = control.files?.[0];
    control.value = '';
    if (!file) return;
    this.upload.problem.set(null);
    this.fileFault.set(fileFault(file));
    if (this.fileFault()) return;
    if (!(await this.upload.run(addEvidence, evidenceParams(this.dispute().id, file)))) return;
    this.toasts.show('The file is in.', 'good');
    await this.room.readDispute();
  }

  protected async appeal(event: Event): Promise<void> {
    event.preventDefault();
    const reason = this.appealText().trim();
    if (!reason) return;
    const body = { reason };
    if (!(await this.command.run(appealVerdict, { id: this.dispute().id, body }))) return;
    this.appealing.set(false);
    this.toasts.show('You have appealed.', 'good');
    await this.room.load();
  }

  protected async withdraw(): Promise<void> {
    const yes = await this.confirm.ask({
      title: 'Withdraw the dispute?',
      text: 'The trade goes on as if the seller were late, with a fresh deadline. In one trade this goes twice.',
      yes: 'Withdraw',
    });
    if (!yes) return;
    if (!(await this.command.run(withdrawDispute, { id: this.dispute().id }))) return;
    this.toasts.show('The dispute is withdrawn.', 'good');
    await this.room.load();
  }
}
