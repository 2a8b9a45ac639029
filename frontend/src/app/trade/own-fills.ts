import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import type { OwnTrade } from '../core/client';
import { Figure, Money, When, Words } from '../ui/figures';
import { Cell, Table } from '../ui/table';
import { OwnOrders } from './own-orders';

/** What one's orders traded, newest first. */
@Component({
  selector: 'souk-own-fills',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, Money, When, Words],
  template: `
    <souk-table
      class="fill"
      label="Fills"
      empty="No fills yet."
      [dense]="true"
      [columns]="columns"
      [rows]="orders.fills.rows()"
      [key]="key"
      [loading]="orders.fills.state() === 'loading'"
      [problem]="orders.fills.problem()"
      [hasMore]="orders.fills.hasMore()"
      (retry)="orders.fills.reload()"
      (more)="orders.fills.more()"
    >
      <ng-template soukCell="created_at" let-trade>{{
        trade.created_at | when: 'short'
      }}</ng-template>
      <ng-template soukCell="side" let-trade>
        <span [class]="trade.order_type === 'BUY' ? 'up' : 'down'">{{
          trade.order_type === 'BUY' ? 'Bought' : 'Sold'
        }}</span>
      </ng-template>
      <ng-template soukCell="price" let-trade>{{ trade.price | figure }}</ng-template>
      <ng-template soukCell="quantity" let-trade>{{ trade.quantity | figure }}</ng-template>
      <ng-template soukCell="notional" let-trade>
        {{ trade.notional | money: trade.instrument.split('-')[1] }}
      </ng-template>
      <ng-template soukCell="fee" let-trade>{{
        trade.fee | money: trade.fee_currency
      }}</ng-template>
      <ng-template soukCell="liquidity" let-trade>{{ trade.liquidity | words }}</ng-template>
    </souk-table>
  `,
  styleUrl: './own-table.css',
})
export class OwnFills {
  protected readonly orders = inject(OwnOrders);
  protected readonly key = (trade: OwnTrade) =>
    `${trade.instrument}:${trade.trade_id}:${trade.order_id}`;
  protected readonly columns = [
    { key: 'created_at', label: 'Time' },
    { key: 'instrument', label: 'Instrument' },
    { key: 'side', label: 'Side' },
    { key: 'price', label: 'Price', end: true },
    { key: 'quantity', label: 'Quantity', end: true },
    { key: 'notional', label: 'Notional', end: true },
    { key: 'fee', label: 'Fee', end: true },
    { key: 'liquidity', label: 'As' },
    { key: 'order_id', label: 'Order', end: true },
  ];
}
