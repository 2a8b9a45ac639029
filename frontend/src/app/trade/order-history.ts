import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import type { Order } from '../core/client';
import { Figure, Money, When, Words } from '../ui/figures';
import { Cell, Table } from '../ui/table';
import { OwnOrders } from './own-orders';
import { kindWords, reasonWords } from './order-words';

/** One's closed orders, newest first. */
@Component({
  selector: 'souk-order-history',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, Money, When, Words],
  template: `
    <souk-table
      class="fill"
      label="Order history"
      empty="No closed orders yet."
      [dense]="true"
      [columns]="columns"
      [rows]="orders.history.rows()"
      [key]="key"
      [loading]="orders.history.state() === 'loading'"
      [problem]="orders.history.problem()"
      [hasMore]="orders.history.hasMore()"
      (retry)="orders.history.reload()"
      (more)="orders.history.more()"
    >
      <ng-template soukCell="updated_at" let-order>{{
        order.updated_at | when: 'short'
      }}</ng-template>
      <ng-template soukCell="kind" let-order>
        <span class="order">
          <b [class]="order.order_type === 'BUY' ? 'up' : 'down'">{{
            order.order_type === 'BUY' ? 'Buy' : 'Sell'
          }}</b>
          {{ kindWords(order.order_subtype) }}
        </span>
      </ng-template>
      <ng-template soukCell="price" let-order>{{
        order.price ?? order.stop_price | figure
      }}</ng-template>
      <ng-template soukCell="average" let-order>{{ order.average_price | figure }}</ng-template>
      <ng-template soukCell="filled" let-order>
        <span
          >{{ order.filled_quantity | figure
          }}<span class="muted"> / {{ order.quantity | figure }}</span></span
        >
      </ng-template>
      <ng-template soukCell="fee" let-order>{{
        order.fee_paid | money: order.fee_currency
      }}</ng-template>
      <ng-template soukCell="status" let-order>
        <span class="chip" [class]="tone(order)" [title]="reasonWords(order.status_reason)">{{
          order.status | words
        }}</span>
      </ng-template>
    </souk-table>
  `,
  styleUrl: './own-table.css',
})
export class OrderHistory {
  protected readonly orders = inject(OwnOrders);
  protected readonly kindWords = kindWords;
  protected readonly reasonWords = reasonWords;
  protected readonly key = (order: Order) => order.id;
  protected readonly columns = [
    { key: 'updated_at', label: 'Ended' },
    { key: 'instrument', label: 'Instrument' },
    { key: 'kind', label: 'Order' },
    { key: 'price', label: 'Price', end: true },
    { key: 'average', label: 'Average', end: true },
    { key: 'filled', label: 'Filled / quantity', end: true },
    { key: 'fee', label: 'Fee', end: true },
    { key: 'status', label: 'Status' },
  ];

  protected tone({ status }: Order): string {
    return status === 'FILLED' ? 'good' : status === 'REJECTED' ? 'bad' : '';
  }
}
