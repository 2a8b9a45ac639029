import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { openDispute, type DisputeReasonCode } from '../../core/client';
import { Command } from '../../core/command';
import { Toasts } from '../../core/toasts';
import { Field } from '../../ui/field';
import { reasonsOf } from '../machine';
import { DISPUTE_REASONS } from '../texts';
import type { TradeRoom } from './trade-room';

const STATEMENT_MIN = 20;

/** Opens a dispute, or answers one: why, and what happened. */
@Component({
  selector: 'souk-open-dispute',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <h2 id="dispute">{{ isAnswer ? 'Answer the dispute' : 'Open a dispute' }}</h2>
    <p class="muted">
      An arbitrator reads what both of you say and bring in, and decides who gets the coins. The
      loser may appeal once.
    </p>
    <form class="stack" (submit)="submit($event)">
      <souk-field label="What is wrong?" [error]="command.problem()?.field('reason') ?? null">
        <select class="input" (change)="reason.set($any($event.target).value)">
          <option value="" [selected]="!reason()">Choose</option>
          @for (each of reasons; track each) {
            <option [value]="each" [selected]="each === reason()">{{ texts[each] }}</option>
          }
        </select>
      </souk-field>
      <souk-field
        label="What happened?"
        [hint]="hint()"
        [error]="command.problem()?.field('statement') ?? null"
      >
        <textarea
          class="input"
          rows="5"
          maxlength="2000"
          [value]="statement()"
          (input)="statement.set($any($event.target).value)"
        ></textarea>
      </souk-field>
      <p class="muted small">You can bring in files afterwards: receipts, statements, pictures.</p>
      @if (trouble(); as text) {
        <p class="note bad" role="alert">{{ text }}</p>
      }
      <div class="row end">
        <button type="button" class="button" (click)="ref.close()">Back</button>
        <button type="submit" class="button danger" [disabled]="!isComplete() || command.busy()">
          {{ isAnswer ? 'Send the answer' : 'Open the dispute' }}
        </button>
      </div>
    </form>
  `,
  styles: `
    :host {
      display: grid;
      gap: 12px;
      padding: 20px;
    }
    h2 {
      font-size: 17px;
    }
    .end {
      justify-content: end;
    }
  `,
})
export class OpenDispute {
  private readonly room = inject<TradeRoom>(DIALOG_DATA);
  private readonly toasts = inject(Toasts);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  protected readonly command = new Command();
  protected readonly reason = signal<DisputeReasonCode | ''>('');
  protected readonly statement = signal('');
  protected readonly reasons = reasonsOf(this.room.role());
  protected readonly texts = DISPUTE_REASONS;
  protected readonly isAnswer = this.room.trade()?.status === 'DISPUTED';

  private readonly length = computed(() => [...this.statement().trim()].length);
  protected readonly isComplete = computed(
    () => this.reason() !== '' && this.length() >= STATEMENT_MIN,
  );
  protected readonly hint = computed(() =>
    this.length() < STATEMENT_MIN
      ? `At least ${STATEMENT_MIN} characters; ${STATEMENT_MIN - this.length()} to go.`
      : `${this.length()} of 2000 characters.`,
  );
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && problem.errors.length === 0 ? problem.sentence : null;
  });

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const trade = this.room.trade();
    const reason = this.reason();
    if (!trade || !reason || !this.isComplete()) return;
    const dispute = await this.command.run(openDispute, {
      body: {
        trade_id: trade.id,
        reason,
        statement: this.statement().trim(),
        expected_state: trade.status,
      },
    });
    if (!dispute) return;
    this.ref.close();
    this.toasts.show(this.isAnswer ? 'Your answer is in.' : 'The dispute is open.', 'good');
    await this.room.load();
  }
}
