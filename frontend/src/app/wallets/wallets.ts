import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Balances } from '../core/balances';
import { Market } from '../core/market';
import { Figure, Money } from '../ui/figures';
import { Cell, Table } from '../ui/table';

/** The balances of each asset. */
@Component({
  selector: 'souk-wallets',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, Money],
  template: `
    <div class="page">
      <div class="page-head">
        <h1>Wallets</h1>
        <p class="num">{{ balances.totalUsd() | money: 'USD' }}</p>
      </div>
      <souk-table
        class="panel"
        label="Balances"
        [columns]="columns"
        [rows]="balances.all()"
        [loading]="balances.isLoading()"
        [problem]="balances.problem()"
        (retry)="balances.load()"
      >
        <ng-template soukCell="available" let-row>{{ row.available_balance | figure }}</ng-template>
        <ng-template soukCell="orders" let-row>{{ row.locked_in_orders | figure }}</ng-template>
        <ng-template soukCell="value" let-row>
          {{ market.usdValue(row.currency, row.total_balance)?.toString() | figure }}
        </ng-template>
      </souk-table>
    </div>
  `,
})
export class Wallets {
  protected readonly balances = inject(Balances);
  protected readonly market = inject(Market);
  protected readonly columns = [
    { key: 'currency', label: 'Asset' },
    { key: 'available', label: 'Available', end: true },
    { key: 'orders', label: 'In orders', end: true },
    { key: 'value', label: 'USD value', end: true },
  ];
}
