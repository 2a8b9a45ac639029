import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  effect,
  inject,
  model,
  signal,
  untracked,
} from '@angular/core';
import { Balances } from '../core/balances';
import { calm } from '../core/calm';
import { Api, type Posting, transactions, type TransactionType } from '../core/client';
import { csv, download } from '../core/csv';
import { Pages } from '../core/pages';
import { type Problem, problemOf } from '../core/problem';
import { Toasts } from '../core/toasts';
import { AssetTag } from '../ui/asset';
import { Signed, When, Words } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Cell, Table } from '../ui/table';
import { ACCOUNTS, TYPES, withNewest } from './posting';
import { PostingDetails } from './posting-details';

/** Every posting to one's accounts, newest first, with filters and an export. */
@Component({
  selector: 'souk-ledger',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, AssetTag, Icon, Signed, When, Words],
  templateUrl: './ledger.html',
  styleUrl: './ledger.css',
})
export class Ledger {
  readonly currency = model('');

  private readonly api = inject(Api);
  private readonly dialog = inject(Dialog);
  private readonly toasts = inject(Toasts);
  protected readonly balances = inject(Balances);

  protected readonly type = signal<TransactionType | ''>('');
  protected readonly exporting = signal(false);
  protected readonly pages = new Pages<Posting>((after) => this.read(50, after));
  protected readonly types = TYPES;
  protected readonly accounts = ACCOUNTS;
  protected readonly columns = [
    { key: 'created_at', label: 'Time' },
    { key: 'type', label: 'Type' },
    { key: 'currency', label: 'Asset' },
    { key: 'account', label: 'Account' },
    { key: 'amount', label: 'Amount', end: true },
    { key: 'details', label: '', end: true },
  ];

  constructor() {
    const refresh = calm(500, () => void this.refresh());
    effect(() => {
      this.currency();
      this.type();
      untracked(() => {
        this.pages.rows.set([]);
        void this.pages.reload();
      });
    });
    // What changes a balance is in the ledger.
    effect(() => {
      this.balances.all();
      refresh();
    });
  }

  protected keyOf(row: Posting): string {
    return row.id;
  }

  protected details(posting: Posting): void {
    this.dialog.open(PostingDetails, {
      data: posting,
      panelClass: ['dialog-pane', 'wide'],
      ariaLabelledBy: 'posting-details',
    });
  }

  /** All that the filters let through and the exchange still lists. */
  protected async export(): Promise<void> {
    if (this.exporting()) return;
    this.exporting.set(true);
    try {
      const rows: Posting[] = [];
      let after: string | undefined;
      do {
        const page = await this.read(500, after);
        rows.push(...page.data);
        after = page.next ?? undefined;
      } while (after);
      download(`souk-ledger-${new Date().toISOString().slice(0, 10)}.csv`, textOf(rows));
    } catch (error) {
      this.toasts.show((problemOf(error) satisfies Problem).sentence, 'bad');
    } finally {
      this.exporting.set(false);
    }
  }

  private async refresh(): Promise<void> {
    if (this.pages.state() !== 'ready') return;
    const filters = this.currency() + this.type();
    try {
      const { data } = await this.read(50);
      if (filters !== this.currency() + this.type()) return;
      const rows = withNewest(this.pages.rows(), data);
      if (rows) this.pages.rows.set(rows);
      else void this.pages.reload();
    } catch {
      // The rows that are there stay true; the next change tries again.
      return;
    }
  }

  private read(limit: number, after?: string) {
    const [currency, type] = [this.currency() || undefined, this.type() || undefined];
    return this.api.invoke(transactions, { currency, type, limit, after });
  }
}

function textOf(rows: readonly Posting[]): string {
  const head = ['time', 'type', 'currency', 'account', 'amount', 'sequence', 'id'];
  return csv(
    head,
    rows.map((row) => [
      row.created_at,
      row.type,
      row.currency,
      row.account,
      row.amount,
      row.sequence,
      row.id,
    ]),
  );
}
