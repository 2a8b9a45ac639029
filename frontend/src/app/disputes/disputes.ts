import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Api, listDisputes } from '../core/client';
import { Pages } from '../core/pages';
import { When, Words } from '../ui/figures';
import { Cell, Table } from '../ui/table';

/** One's own disputes; an arbitrator's queue. */
@Component({
  selector: 'souk-disputes',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, When, Words],
  template: `
    <div class="page">
      <h1>Disputes</h1>
      <souk-table
        class="panel"
        label="Disputes"
        empty="No disputes."
        [columns]="columns"
        [rows]="pages.rows()"
        [loading]="pages.state() === 'loading'"
        [problem]="pages.problem()"
        [hasMore]="pages.hasMore()"
        (retry)="pages.reload()"
        (more)="pages.more()"
      >
        <ng-template soukCell="status" let-row>{{ row.status | words }}</ng-template>
        <ng-template soukCell="opened_at" let-row>{{ row.opened_at | when }}</ng-template>
      </souk-table>
    </div>
  `,
})
export class Disputes {
  private readonly api = inject(Api);
  protected readonly pages = new Pages((after) => this.api.invoke(listDisputes, { after }));
  protected readonly columns = [
    { key: 'id', label: 'Dispute' },
    { key: 'trade_id', label: 'Trade' },
    { key: 'status', label: 'Status' },
    { key: 'opened_at', label: 'Opened', end: true },
  ];

  constructor() {
    void this.pages.reload();
  }
}
