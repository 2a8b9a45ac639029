import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { type PaymentAccount, removePaymentAccount } from '../../core/client';
import { Command } from '../../core/command';
import { Toasts } from '../../core/toasts';
import { Confirm } from '../../ui/confirm';
import { When } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { Empty, Failure, Skeleton } from '../../ui/state';
import { PaymentAccounts } from '../payment-accounts';
import { Method, methodName } from '../texts';
import { AccountForm } from './account-form';

/** The accounts at which the user is paid. */
@Component({
  selector: 'souk-accounts',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountForm, Empty, Failure, Icon, Method, Skeleton, When],
  template: `
    <section class="panel" aria-labelledby="own">
      <div class="panel-head"><h2 id="own">Where you are paid</h2></div>
      @if (accounts.problem(); as problem) {
        <souk-failure [problem]="problem" (retry)="accounts.load()" />
      } @else if (accounts.isLoading()) {
        <souk-skeleton />
      } @else {
        @if (accounts.all()!.length > 0) {
          <ul>
            @for (account of accounts.all(); track account.id) {
              <li>
                <div>
                  <h3>
                    {{ account.payment_method | method }}
                    @if (accounts.of(account.payment_method)?.id === account.id) {
                      <span class="chip good">Buyers see this one</span>
                    } @else {
                      <span class="chip">Replaced by a newer one</span>
                    }
                  </h3>
                  <p>{{ account.holder }}</p>
                  <p class="details">{{ account.details }}</p>
                  <p class="muted small">Added {{ account.created_at | when: 'date' }}</p>
                </div>
                <button
                  type="button"
                  class="icon-button"
                  [attr.aria-label]="'Remove account of ' + account.holder"
                  title="Remove"
                  [disabled]="command.busy()"
                  (click)="remove(account)"
                >
                  <souk-icon name="close" />
                </button>
              </li>
            }
          </ul>
        } @else {
          <souk-empty
            icon="wallet"
            text="No accounts yet. Before you sell, buyers need to know where to pay you."
          />
        }
      }
    </section>
    <section class="panel padded stack" aria-labelledby="add">
      <h2 id="add">Add an account</h2>
      <p class="muted small">
        Buyers see it only while a trade with you is open. Each trade keeps a copy as it was when it
        opened, so that nobody can change it half-way.
      </p>
      <souk-account-form (added)="toasts.show('Account added.', 'good')" />
    </section>
  `,
  styles: `
    :host {
      display: grid;
      grid-template-columns: minmax(0, 1.4fr) minmax(0, 1fr);
      gap: 16px;
      align-items: start;
    }
    li {
      display: flex;
      gap: 8px;
      align-items: start;
      justify-content: space-between;
      padding: 12px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    h3 {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      align-items: center;
    }
    .details {
      overflow-wrap: anywhere;
      white-space: pre-wrap;
    }
    @media (width < 700px) {
      :host {
        grid-template-columns: minmax(0, 1fr);
      }
    }
  `,
})
export class Accounts {
  protected readonly accounts = inject(PaymentAccounts);
  protected readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  private readonly confirm = inject(Confirm);

  protected async remove(account: PaymentAccount): Promise<void> {
    const yes = await this.confirm.ask({
      title: 'Remove this account?',
      text: 'Trades that are open keep their copy of it.',
      facts: [
        ['Method', methodName(account.payment_method)],
        ['Holder', account.holder],
      ],
      yes: 'Remove',
      tone: 'danger',
    });
    if (!yes) return;
    const removed = await this.command.run(removePaymentAccount, { id: account.id });
    if (removed) await this.accounts.load();
    else this.toasts.show(this.command.problem()?.sentence ?? 'Not removed.', 'bad');
  }
}
