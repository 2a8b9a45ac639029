import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import type { Candle } from '../../core/client';
import type { Problem } from '../../core/problem';
import { Figure, When } from '../../ui/figures';
import { Cell, Table } from '../../ui/table';

/** The chart's figures as a table, newest first. */
@Component({
  selector: 'souk-candle-table',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Figure, When],
  template: `
    <souk-table
      class="fill"
      empty="Nobody has traded this yet."
      [dense]="true"
      [label]="label()"
      [columns]="columns()"
      [rows]="rows()"
      [key]="key"
      [loading]="candles() === null"
      [problem]="problem()"
      [hasMore]="rows().length > 0"
      (retry)="retry.emit()"
      (more)="older.emit()"
    >
      <ng-template soukCell="start" let-row>{{ row.start | when: 'short' }}</ng-template>
      <ng-template soukCell="open" let-row>{{ row.open | figure }}</ng-template>
      <ng-template soukCell="high" let-row>{{ row.high | figure }}</ng-template>
      <ng-template soukCell="low" let-row>{{ row.low | figure }}</ng-template>
      <ng-template soukCell="close" let-row>{{ row.close | figure }}</ng-template>
      <ng-template soukCell="volume" let-row>{{ row.volume | figure }}</ng-template>
    </souk-table>
  `,
})
export class CandleTable {
  readonly candles = input.required<readonly Candle[] | null>();
  readonly base = input.required<string>();
  readonly label = input.required<string>();
  readonly problem = input<Problem | null>(null);
  readonly retry = output<void>();
  readonly older = output<void>();

  protected readonly key = (row: Candle) => row.start;
  protected readonly rows = computed(() => [...(this.candles() ?? [])].reverse());
  protected readonly columns = computed(() => [
    { key: 'start', label: 'Start' },
    { key: 'open', label: 'Open', end: true },
    { key: 'high', label: 'High', end: true },
    { key: 'low', label: 'Low', end: true },
    { key: 'close', label: 'Close', end: true },
    { key: 'volume', label: `Volume (${this.base()})`, end: true },
    { key: 'trades', label: 'Trades', end: true },
  ]);
}
