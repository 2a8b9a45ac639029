import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import type { PaymentMethodCode } from '../../core/client';
import { Method } from '../texts';
import { AccountForm } from './account-form';

/** Asks for the payment account that is missing, without leaving what it is missing for. */
@Component({
  selector: 'souk-account-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountForm, Method],
  template: `
    <h2 id="account">Where you are paid by {{ method | method }}</h2>
    <p class="muted">
      Only buyers see it, and only while a trade with you is open. Each trade keeps its own copy.
    </p>
    <souk-account-form [only]="method" (added)="ref.close()" />
    <button type="button" class="button" (click)="ref.close()">Back</button>
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
  `,
})
export class AccountDialog {
  protected readonly method = inject<PaymentMethodCode>(DIALOG_DATA);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
}
