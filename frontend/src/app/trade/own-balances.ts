import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Balances } from '../core/balances';
import type { Balance } from '../core/client';
import { Market } from '../core/market';
import { Figure, Money } from '../ui/figures';
import { Cell, Table } from '../ui/table';

/** The wallet, beside what is traded with it. */
@Component({
  selector: 'souk-own-balances',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, Money],
  template: `
    <souk-table
      class="fill"
      label="Balances"
      [dense]="true"
      [columns]="columns"
      [rows]="balances.all()"
      [key]="key"
      [loading]="balances.isLoading()"
      [problem]="balances.problem()"
      (retry)="balances.load()"
    >
      <ng-template soukCell="available" let-each>{{ each.available_balance | figure }}</ng-template>
      <ng-template soukCell="orders" let-each>{{ each.locked_in_orders | figure }}</ng-template>
      <ng-template soukCell="locked" let-each>{{ each.locked_balance | figure }}</ng-template>
      <ng-template soukCell="total" let-each>{{ each.total_balance | figure }}</ng-template>
      <ng-template soukCell="usd" let-each>{{ worth(each) | money: 'USD' }}</ng-template>
    </souk-table>
  `,
  styleUrl: './own-table.css',
})
export class OwnBalances {
  protected readonly balances = inject(Balances);
  private readonly market = inject(Market);
  protected readonly key = (balance: Balance) => balance.currency;
  protected readonly columns = [
    { key: 'currency', label: 'Asset' },
    { key: 'available', label: 'Available', end: true },
    { key: 'orders', label: 'In orders', end: true },
    { key: 'locked', label: 'Locked in all', end: true },
    { key: 'total', label: 'Total', end: true },
    { key: 'usd', label: 'Worth', end: true },
  ];

  protected worth({ currency, total_balance }: Balance): string | null {
    return this.market.usdValue(currency, total_balance)?.toString() ?? null;
  }
}
