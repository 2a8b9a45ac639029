import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { type P2PTrade, type VerdictBody, giveVerdict, type VerdictOutcome } from '../core/client';
import { Command } from '../core/command';
import { Format } from '../core/format';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import { Money, When } from '../ui/figures';
import { Segments } from '../ui/segments';
import { partsOf, percentOf } from './split';
import { type Seen, outcomeWords } from './standing';

const OUTCOMES = [
  { value: 'BUYER', label: 'To the buyer' },
  { value: 'SELLER', label: 'To the seller' },
  { value: 'SPLIT', label: 'Split' },
];

/** The verdict of the assigned arbitrator, with what it makes of the coins to the last digit. */
@Component({
  selector: 'souk-verdict-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, Money, Segments, When],
  templateUrl: './verdict-form.html',
  styles: `
    form {
      padding: 16px;
    }
    .percent {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 90px;
      gap: 12px;
      align-items: center;
    }
    input[type='range'] {
      width: 100%;
      min-height: 24px;
      accent-color: var(--accent);
    }
    .split {
      display: flex;
      height: 8px;
      overflow: hidden;
      border-radius: 4px;
      background: var(--hover);
    }
    .split span {
      background: var(--accent);
    }
    .button {
      justify-self: start;
    }
  `,
})
export class VerdictForm {
  readonly dispute = input.required<Seen>();
  readonly trade = input.required<P2PTrade>();
  /** Until when the exchange takes no verdict, since a party was not heard. */
  readonly waitsUntil = input<string | null>(null);
  readonly done = output<void>();

  private readonly confirm = inject(Confirm);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly outcomes = OUTCOMES;

  protected readonly outcome = signal<VerdictOutcome | ''>('');
  protected readonly typed = signal('50');
  protected readonly reason = signal('');
  protected readonly fraud = signal(false);

  /** The buyer's part in percent; null where what was typed is none. */
  protected readonly percent = computed(() => {
    switch (this.outcome()) {
      case 'BUYER':
        return 100;
      case 'SELLER':
        return 0;
      case 'SPLIT':
        return percentOf(this.typed());
      default:
        return null;
    }
  });
  protected readonly parts = computed(() => {
    const percent = this.percent();
    return percent === null ? null : partsOf(this.trade().amount, percent, this.trade().fees);
  });
  protected readonly isComplete = computed(() => this.parts() !== null && this.reason().trim());

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const outcome = this.outcome();
    if (!outcome || !this.isComplete() || this.command.busy() || !(await this.agrees())) return;
    const { id, trade_status } = this.dispute();
    const body: VerdictBody = {
      outcome,
      reason: this.reason().trim(),
      fraud: this.fraud(),
      expected_state: trade_status,
      ...(this.outcome() === 'SPLIT' ? { buyer_percent: this.percent() } : {}),
    };
    if (await this.command.run(giveVerdict, { id, body }))
      this.toasts.show('The verdict was given; both parties are told.', 'good');
    this.done.emit();
  }

  private agrees(): Promise<boolean> {
    const [dispute, parts] = [this.dispute(), this.parts()];
    const money = (amount: unknown) => this.format.money(String(amount), dispute.currency);
    return this.confirm.ask({
      title: 'Give this verdict?',
      text: 'It cannot be taken back. It is carried out when the time to appeal is over.',
      facts: [
        ['Outcome', outcomeWords(this.outcome(), this.percent())],
        [`Buyer ${dispute.buyer} receives`, money(parts?.buyer)],
        [`Seller ${dispute.seller} gets back`, money(parts?.seller)],
        ['Fraud', this.fraud() ? 'yes: the loser meant to deceive' : 'no'],
      ],
      tick: 'I have read the statements, the chat and the evidence.',
      yes: 'Give the verdict',
      tone: 'danger',
    });
  }
}
