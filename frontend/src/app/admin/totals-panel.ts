import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  signal,
} from '@angular/core';
import { Api, type Totals, totals } from '../core/client';
import { Format } from '../core/format';
import { type Problem, problemOf } from '../core/problem';
import { AssetTag } from '../ui/asset';
import { Figure } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Cell, Table } from '../ui/table';
import { checked } from './check';

const AGAIN_MS = 10_000;

/** The sums of the ledger, added up here once more: issued = users + house. */
@Component({
  selector: 'souk-totals-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AssetTag, Cell, Figure, Icon, Table],
  template: `
    <div class="panel-head">
      <h2>Ledger</h2>
      @if (sums(); as sums) {
        <span class="chip" [class]="sums.balanced ? 'good' : 'bad'">
          <souk-icon [name]="sums.balanced ? 'check' : 'warn'" [size]="12" />
          {{ sums.balanced ? 'Balanced' : 'Not balanced' }} at {{ sequence() }}
        </span>
      }
    </div>
    <souk-table
      label="Ledger"
      [columns]="columns"
      [rows]="rows()"
      [key]="keyOf"
      [loading]="!sums()"
      [problem]="problem()"
      (retry)="load()"
    >
      <ng-template soukCell="currency" let-row><souk-asset [code]="row.currency" /></ng-template>
      <ng-template soukCell="issued" let-row>{{ row.issued | figure }}</ng-template>
      <ng-template soukCell="users" let-row>{{ row.users | figure }}</ng-template>
      <ng-template soukCell="house" let-row>{{ row.house | figure }}</ng-template>
      <ng-template soukCell="check" let-row>
        @if (row.holds) {
          <span class="chip good"><souk-icon name="check" [size]="12" />adds up</span>
        } @else {
          <span class="chip bad">off by {{ row.difference | figure }}</span>
        }
      </ng-template>
    </souk-table>
  `,
})
export class TotalsPanel {
  private readonly api = inject(Api);
  private readonly format = inject(Format);

  protected readonly sums = signal<Totals | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly rows = computed(() => (this.sums()?.totals ?? []).map(checked));
  protected readonly sequence = computed(() => this.format.number(String(this.sums()?.sequence)));
  protected readonly columns = [
    { key: 'currency', label: 'Asset' },
    { key: 'issued', label: 'Issued', end: true },
    { key: 'users', label: 'Users have', end: true },
    { key: 'house', label: 'House earned', end: true },
    { key: 'check', label: 'Issued = users + house', end: true },
  ];

  constructor() {
    void this.load();
    const again = setInterval(() => {
      if (!document.hidden) void this.load();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(again));
  }

  protected keyOf(row: { currency: string }): string {
    return row.currency;
  }

  protected async load(): Promise<void> {
    try {
      this.sums.set(await this.api.invoke(totals));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
