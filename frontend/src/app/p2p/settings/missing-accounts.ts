import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Icon } from '../../ui/icon';
import { PaymentAccounts } from '../payment-accounts';
import { Method } from '../texts';
import { AccountDialog } from './account-dialog';

/** Says for which payment methods a seller has no account yet, and adds them. */
@Component({
  selector: 'souk-missing-accounts',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, Method],
  template: `
    @if (missing().length > 0) {
      <div class="note warn stack">
        <p>Buyers have to know where to pay you.</p>
        <div class="row">
          @for (method of missing(); track method) {
            <button type="button" class="button small" (click)="add(method)">
              <souk-icon name="plus" [size]="14" />Account for {{ method | method }}
            </button>
          }
        </div>
      </div>
    }
  `,
})
export class MissingAccounts {
  readonly methods = input.required<readonly string[]>();

  private readonly accounts = inject(PaymentAccounts);
  private readonly dialog = inject(Dialog);
  protected readonly missing = computed(() => this.accounts.missing(this.methods()));

  protected add(method: string): void {
    this.dialog.open(AccountDialog, {
      data: method,
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'account',
    });
  }
}
