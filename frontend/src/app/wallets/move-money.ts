import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { Balances } from '../core/balances';
import { Api, deposit, transactions, withdraw } from '../core/client';
import { Command } from '../core/command';
import { decimalsOf } from '../core/decimal';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Toasts } from '../core/toasts';
import { Field } from '../ui/field';
import { Money } from '../ui/figures';
import { amountFault, movedToday } from './amount';

export type Movement = 'deposit' | 'withdraw';

const PAST = { deposit: 'Deposited', withdraw: 'Withdrew' } as const;
/** Refusals that are about the amount stand at its field. */
const ABOUT_AMOUNT = ['DEPOSIT_LIMIT', 'WITHDRAWAL_LIMIT', 'INSUFFICIENT_FUNDS', 'ISSUE_LIMIT'];

/** Takes simulated money in or out. */
@Component({
  selector: 'souk-move-money',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, Money],
  templateUrl: './move-money.html',
  styles: `
    form {
      display: grid;
      gap: 14px;
      padding: 20px;
    }
    h2 {
      font-size: 17px;
    }
    .end {
      justify-content: end;
    }
    .with-all {
      display: grid;
      grid-template-columns: 1fr auto;
      gap: 6px;
    }
  `,
})
export class MoveMoney {
  protected readonly data = inject<{ movement: Movement; currency: string }>(DIALOG_DATA);
  protected readonly ref = inject(DialogRef);
  protected readonly balances = inject(Balances);
  private readonly market = inject(Market);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  private readonly api = inject(Api);
  private readonly command = new Command();

  protected readonly busy = this.command.busy;
  protected readonly currency = signal(this.data.currency);
  protected readonly typed = signal('');
  protected readonly today = signal<string | null>(null);
  protected readonly title = this.data.movement === 'deposit' ? 'Deposit' : 'Withdraw';

  protected readonly balance = computed(() => this.balances.of(this.currency()));
  protected readonly amount = computed(() => this.format.read(this.typed()));
  protected readonly worth = computed(() => {
    const amount = this.amount();
    return amount && this.currency() !== 'USD'
      ? (this.market.usdValue(this.currency(), amount.toString()) ?? null)
      : null;
  });
  private readonly scale = computed(() => decimalsOf(this.balance()?.total_balance ?? '0.00'));
  protected readonly early = computed(() =>
    amountFault(
      this.typed(),
      this.amount(),
      this.scale(),
      this.data.movement === 'withdraw' ? (this.balance()?.available_balance ?? '0') : null,
    ),
  );
  protected readonly fault = computed(() => {
    const problem = this.command.problem();
    const refused = problem && ABOUT_AMOUNT.includes(problem.code) ? problem.sentence : null;
    return this.early() ?? refused ?? problem?.field('amount') ?? null;
  });
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && !this.fault() ? problem.sentence : null;
  });

  constructor() {
    void this.readToday();
  }

  protected choose(currency: string): void {
    this.currency.set(currency);
    this.command.problem.set(null);
    void this.readToday();
  }

  protected type(text: string): void {
    this.typed.set(text);
    this.command.problem.set(null);
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const amount = this.amount();
    if (!amount || this.early()) return;
    const body = { currency: this.currency(), amount: amount.toString() };
    const call = this.data.movement === 'deposit' ? deposit : withdraw;
    if (!(await this.command.run(call, { body }))) return;
    const done = this.format.money(body.amount, body.currency);
    this.toasts.show(`${PAST[this.data.movement]} ${done}.`, 'good');
    this.ref.close();
  }

  /** How much was moved this way since midnight in UTC, which is what the day's bound counts. */
  private async readToday(): Promise<void> {
    const currency = this.currency();
    const type = this.data.movement === 'deposit' ? 'DEPOSIT' : 'WITHDRAWAL';
    this.today.set(null);
    try {
      const { data } = await this.api.invoke(transactions, { currency, type, limit: 200 });
      if (currency !== this.currency()) return;
      this.today.set(movedToday(data, new Date(), this.scale()).toString());
    } catch {
      // It is a hint; without it the exchange still tells when the bound is reached.
      return;
    }
  }
}
