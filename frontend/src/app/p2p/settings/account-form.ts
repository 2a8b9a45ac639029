import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { addPaymentAccount, type PaymentMethodCode } from '../../core/client';
import { Command } from '../../core/command';
import { Field } from '../../ui/field';
import { PaymentAccounts } from '../payment-accounts';
import { PaymentMethods } from '../payment-methods';

const DETAILS: Readonly<Record<string, string>> = {
  BANK_TRANSFER: 'Bank, account number, routing number',
  INSTANT_TRANSFER: 'Service, and the phone or address that it goes to',
  SEPA: 'IBAN, BIC',
  CARD: 'Card number and bank',
  CASH_DEPOSIT: 'Bank, branch, account number',
  E_WALLET: 'Service, and the name of the wallet',
  MOBILE_MONEY: 'Provider and phone number',
  GIFT_CARD: 'Kind of card, and how to send it',
};

/** Adds an account at which the user is paid. */
@Component({
  selector: 'souk-account-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <form class="stack" (submit)="submit($event)">
      @if (!only()) {
        <souk-field label="Payment method" [error]="fault('payment_method')">
          <select class="input" (change)="chosen.set($any($event.target).value)">
            <option value="" [selected]="!chosen()">Choose</option>
            @for (each of methods.named(); track each.code) {
              <option [value]="each.code" [selected]="each.code === chosen()">
                {{ each.name }}
              </option>
            }
          </select>
        </souk-field>
      }
      <souk-field
        label="Account holder"
        hint="Your full name, as the bank has it."
        [error]="fault('holder')"
      >
        <input
          class="input"
          maxlength="100"
          autocomplete="name"
          [value]="holder()"
          (input)="holder.set($any($event.target).value)"
        />
      </souk-field>
      <souk-field label="Details" [hint]="detailsHint()" [error]="fault('details')">
        <textarea
          class="input"
          maxlength="500"
          rows="3"
          [value]="details()"
          (input)="details.set($any($event.target).value)"
        ></textarea>
      </souk-field>
      @if (trouble(); as text) {
        <p class="note bad" role="alert">{{ text }}</p>
      }
      <button type="submit" class="button primary" [disabled]="!isComplete() || command.busy()">
        {{ command.busy() ? 'Adding…' : 'Add account' }}
      </button>
    </form>
  `,
})
export class AccountForm {
  /** The method that it is for, where that is not to be chosen. */
  readonly only = input<PaymentMethodCode | null>(null);
  readonly added = output<void>();

  protected readonly methods = inject(PaymentMethods);
  private readonly accounts = inject(PaymentAccounts);
  protected readonly command = new Command();
  protected readonly chosen = signal<PaymentMethodCode | ''>('');
  protected readonly holder = signal('');
  protected readonly details = signal('');
  protected readonly method = computed(() => this.only() ?? this.chosen());
  protected readonly detailsHint = computed(
    () => DETAILS[this.method()] ?? 'What a payer needs to know.',
  );
  protected readonly isComplete = computed(
    () => this.method() && this.holder().trim() && this.details().trim(),
  );
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && problem.errors.length === 0 ? problem.sentence : null;
  });

  protected fault(name: string): string | null {
    return this.command.problem()?.field(name) ?? null;
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const method = this.method();
    if (!method || !this.isComplete()) return;
    const added = await this.command.run(addPaymentAccount, {
      body: {
        payment_method: method,
        holder: this.holder().trim(),
        details: this.details().trim(),
      },
    });
    if (!added) return;
    this.holder.set('');
    this.details.set('');
    await this.accounts.load();
    this.added.emit();
  }
}
