import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { Balances } from '../core/balances';
import { depositTo } from '../core/client';
import { Command } from '../core/command';
import { decimalsOf } from '../core/decimal';
import { Format } from '../core/format';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import { amountFault } from '../wallets/amount';

/** Gives simulated money to a user, without the day's bound. */
@Component({
  selector: 'souk-give-money',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <div class="panel-head"><h2>Deposit</h2></div>
    <form class="stack" (submit)="submit($event)">
      @if (trouble(); as text) {
        <p class="note bad" role="alert">{{ text }}</p>
      }
      <div class="two">
        <souk-field label="Amount" [error]="fault()">
          <input
            class="input num"
            inputmode="decimal"
            autocomplete="off"
            [value]="typed()"
            (input)="typed.set($any($event.target).value)"
          />
        </souk-field>
        <souk-field label="Asset">
          <select class="input" (change)="currency.set($any($event.target).value)">
            @for (each of balances.all(); track each.currency) {
              <option [value]="each.currency" [selected]="each.currency === currency()">
                {{ each.currency }}
              </option>
            }
          </select>
        </souk-field>
      </div>
      <button class="button" [disabled]="command.busy() || !amount() || !!early()">
        {{ command.busy() ? 'Depositing…' : 'Deposit' }}
      </button>
    </form>
  `,
  styles: `
    form {
      padding: 16px;
    }
    .two {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 110px;
      gap: 8px;
    }
    .button {
      justify-self: start;
    }
  `,
})
export class GiveMoney {
  readonly username = input.required<string>();

  private readonly confirm = inject(Confirm);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  protected readonly balances = inject(Balances);
  protected readonly command = new Command();

  protected readonly currency = signal('USD');
  protected readonly typed = signal('');
  protected readonly amount = computed(() => this.format.read(this.typed()));
  private readonly scale = computed(() =>
    decimalsOf(this.balances.of(this.currency())?.total_balance ?? '0.00'),
  );
  protected readonly early = computed(() =>
    amountFault(this.typed(), this.amount(), this.scale(), null),
  );
  protected readonly fault = computed(
    () => this.early() ?? this.command.problem()?.field('amount') ?? null,
  );
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && !this.fault() ? problem.sentence : null;
  });

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const amount = this.amount();
    if (!amount || this.early()) return;
    const body = { currency: this.currency(), amount: amount.toString() };
    const money = this.format.money(body.amount, body.currency);
    const yes = await this.confirm.ask({
      title: `Deposit ${money} to ${this.username()}?`,
      text: 'It is issued anew, and the user is told.',
      yes: 'Deposit',
    });
    if (!yes || !(await this.command.run(depositTo, { username: this.username(), body }))) return;
    this.typed.set('');
    this.toasts.show(`Deposited ${money} to ${this.username()}.`, 'good');
  }
}
