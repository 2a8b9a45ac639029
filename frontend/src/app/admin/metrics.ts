import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  signal,
} from '@angular/core';
import { Api, metrics } from '../core/client';
import { csv, download } from '../core/csv';
import { Format } from '../core/format';
import { type Problem, problemOf } from '../core/problem';
import { Icon } from '../ui/icon';
import { Cell, Table } from '../ui/table';
import { type Sample, samplesOf } from './prometheus';
import { routesOf } from './route-times';

const AGAIN_MS = 5000;

/** What the exchange counts about itself: gauges, and the calls by route. */
@Component({
  selector: 'souk-metrics',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Cell, Icon, Table],
  template: `
    <section class="panel" aria-labelledby="gauges-head">
      <div class="panel-head"><h2 id="gauges-head">Gauges</h2></div>
      <souk-table
        label="Gauges"
        [columns]="gaugeColumns"
        [rows]="gauges()"
        [key]="nameOf"
        [loading]="!samples()"
        [problem]="problem()"
        (retry)="load()"
      >
        <ng-template soukCell="value" let-row>
          <span class="num">{{ format.number(row.value) }}</span>
        </ng-template>
      </souk-table>
    </section>
    <section class="panel" aria-labelledby="routes-head">
      <div class="panel-head">
        <h2 id="routes-head">Calls by route</h2>
        <button type="button" class="button small" (click)="export()">
          <souk-icon name="download" [size]="14" />CSV
        </button>
      </div>
      <souk-table
        label="Calls by route"
        empty="No calls yet."
        [dense]="true"
        [columns]="routeColumns"
        [rows]="routes()"
        [key]="routeOf"
        [loading]="!samples()"
        [problem]="problem()"
        (retry)="load()"
      >
        <ng-template soukCell="calls" let-row>{{ format.number(row.calls) }}</ng-template>
        <ng-template soukCell="mean" let-row>{{ row.meanMs }} ms</ng-template>
        <ng-template soukCell="failed" let-row>
          <span [class.down]="row.failed !== '0'">{{ format.number(row.failed) }}</span>
        </ng-template>
      </souk-table>
    </section>
  `,
  styles: `
    :host {
      display: grid;
      gap: 12px;
      min-width: 0;
    }
  `,
})
export class MetricsPage {
  private readonly api = inject(Api);
  protected readonly format = inject(Format);

  protected readonly samples = signal<readonly Sample[] | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly gauges = computed(() =>
    (this.samples() ?? []).filter(({ name }) => !name.startsWith('souk_http_')),
  );
  protected readonly routes = computed(() => routesOf(this.samples() ?? []));
  protected readonly gaugeColumns = [
    { key: 'help', label: 'What' },
    { key: 'name', label: 'Name' },
    { key: 'value', label: 'Now', end: true },
  ];
  protected readonly routeColumns = [
    { key: 'method', label: 'Method' },
    { key: 'route', label: 'Route' },
    { key: 'calls', label: 'Calls', end: true },
    { key: 'mean', label: 'Mean time', end: true },
    { key: 'failed', label: 'Refused or failed', end: true },
  ];

  constructor() {
    void this.load();
    const again = setInterval(() => {
      if (!document.hidden) void this.load();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(again));
  }

  protected nameOf(row: Sample): string {
    return row.name + JSON.stringify(row.labels);
  }

  protected routeOf(row: { method: string; route: string }): string {
    return `${row.method} ${row.route}`;
  }

  protected export(): void {
    const rows = this.routes().map((row) => [
      row.method,
      row.route,
      row.calls,
      row.meanMs,
      row.failed,
    ]);
    download('souk-calls.csv', csv(['method', 'route', 'calls', 'mean_ms', 'failed'], rows));
  }

  protected async load(): Promise<void> {
    try {
      this.samples.set(samplesOf(await this.api.invoke(metrics)));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
