import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { Balances } from '../core/balances';
import type { Balance } from '../core/client';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Market } from '../core/market';
import { AssetTag } from '../ui/asset';
import { Figure, Money } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Cell, Table } from '../ui/table';
import { Ledger } from './ledger';
import { MoveMoney, type Movement } from './move-money';

/** The balances of each asset, money in and out, and what changed them. */
@Component({
  selector: 'souk-wallets',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, Money, Icon, AssetTag, Ledger],
  templateUrl: './wallets.html',
  styleUrl: './wallets.css',
})
export class Wallets {
  protected readonly balances = inject(Balances);
  protected readonly market = inject(Market);
  protected readonly feed = inject(Feed);
  private readonly dialog = inject(Dialog);
  private readonly ledger = viewChild.required('ledger', { read: ElementRef<HTMLElement> });

  /** What the ledger shows; empty is all. */
  protected readonly currency = signal('');
  protected readonly columns = [
    { key: 'currency', label: 'Asset' },
    { key: 'available', label: 'Available', end: true },
    { key: 'orders', label: 'In orders', end: true },
    { key: 'ads', label: 'In ads', end: true },
    { key: 'trades', label: 'In escrow', end: true },
    { key: 'total', label: 'Total', end: true },
    { key: 'value', label: 'USD value', end: true },
    { key: 'act', label: '', end: true },
  ];

  /** In USD: all of it, and where it is. */
  protected readonly sums = computed(() => [
    { label: 'Total value', amount: this.usd('total_balance') },
    { label: 'Available', amount: this.usd('available_balance') },
    { label: 'In orders', amount: this.usd('locked_in_orders') },
    { label: 'In ads', amount: this.usd('locked_in_ads') },
    { label: 'In escrow', amount: this.usd('locked_in_trades') },
  ]);

  protected keyOf(row: Balance): string {
    return row.currency;
  }

  protected isZero(amount: string): boolean {
    return Decimal.of(amount).isZero();
  }

  protected move(movement: Movement, currency = 'USD'): void {
    this.dialog.open(MoveMoney, {
      data: { movement, currency },
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'move-money',
    });
  }

  protected show(currency: string): void {
    this.currency.set(currency);
    this.ledger().nativeElement.scrollIntoView({ behavior: 'smooth', block: 'start' });
  }

  private usd(part: Exclude<keyof Balance, 'currency'>): Decimal {
    return this.balances
      .all()
      .reduce(
        (sum, balance) =>
          sum.plus(this.market.usdValue(balance.currency, balance[part]) ?? Decimal.zero),
        Decimal.of('0.00'),
      );
  }
}
