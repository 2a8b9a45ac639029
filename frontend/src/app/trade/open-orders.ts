import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { type Order, cancelOrder, cancelOrders } from '../core/client';
import { Command } from '../core/command';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Figure, When } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Cell, Table } from '../ui/table';
import { AmendDialog } from './amend-dialog';
import { OwnOrders } from './own-orders';
import { isWaiting, kindWords } from './order-words';

/** One's open orders: each can be cancelled or amended, and all together cancelled. */
@Component({
  selector: 'souk-open-orders',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, When, Icon],
  templateUrl: './open-orders.html',
  styleUrl: './own-table.css',
})
export class OpenOrders {
  protected readonly orders = inject(OwnOrders);
  private readonly dialog = inject(Dialog);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);

  private readonly one = new Command();
  protected readonly all = new Command();
  /** The order that is being cancelled. */
  protected readonly going = signal<string | null>(null);

  protected readonly kindWords = kindWords;
  protected readonly isWaiting = isWaiting;
  protected readonly key = (order: Order) => order.id;
  protected readonly columns = [
    { key: 'created_at', label: 'Placed' },
    { key: 'instrument', label: 'Instrument' },
    { key: 'kind', label: 'Order' },
    { key: 'price', label: 'Price', end: true },
    { key: 'filled', label: 'Filled / quantity', end: true },
    { key: 'acts', label: 'Actions', end: true },
  ];

  protected async cancel(order: Order): Promise<void> {
    this.going.set(order.id);
    const cancelled = await this.one.run(cancelOrder, { id: order.id });
    this.going.set(null);
    if (cancelled) this.orders.take(cancelled);
    const problem = this.one.problem();
    if (!problem) return;
    this.toasts.show(problem.sentence, 'bad');
    // It had ended already; how is in the list anew.
    if (problem.code === 'ORDER_NOT_OPEN') void this.orders.load();
  }

  protected async cancelAll(): Promise<void> {
    const instrument = this.orders.onlyThis() ? this.orders.instrument() : undefined;
    const count = this.orders.shown().length;
    const isSure = await this.confirm.ask({
      title: 'Cancel all open orders?',
      text: instrument
        ? `This cancels your ${count} open orders on ${instrument}.`
        : `This cancels your ${count} open orders on all instruments.`,
      yes: 'Cancel them',
      tone: 'danger',
    });
    if (!isSure) return;
    const answer = await this.all.run(cancelOrders, { instrument });
    if (answer) this.toasts.show(`${answer.cancelled.length} orders cancelled.`, 'good');
    else this.toasts.show(this.all.problem()?.sentence ?? 'Nothing was cancelled.', 'bad');
  }

  protected amend(order: Order): void {
    this.dialog.open(AmendDialog, {
      data: order,
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'amend',
      providers: [{ provide: OwnOrders, useValue: this.orders }],
    });
  }
}
