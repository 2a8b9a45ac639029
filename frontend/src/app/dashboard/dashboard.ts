import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Balances } from '../core/balances';
import { Money } from '../ui/figures';

/** How one stands, on one screen. */
@Component({
  selector: 'souk-dashboard',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Money],
  template: `
    <div class="page">
      <h1>Dashboard</h1>
      <p class="num">{{ balances.totalUsd() | money: 'USD' }}</p>
    </div>
  `,
})
export class Dashboard {
  protected readonly balances = inject(Balances);
}
