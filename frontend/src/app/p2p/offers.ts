import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Api, listAds } from '../core/client';
import { Pages } from '../core/pages';
import { Money } from '../ui/figures';
import { Cell, Table } from '../ui/table';

/** The ads that can be taken. */
@Component({
  selector: 'souk-offers',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Table, Cell, Money],
  template: `
    <div class="page">
      <h1>P2P offers</h1>
      <souk-table
        class="panel"
        label="P2P offers"
        empty="Nobody offers anything right now."
        [columns]="columns"
        [rows]="pages.rows()"
        [loading]="pages.state() === 'loading'"
        [problem]="pages.problem()"
        [hasMore]="pages.hasMore()"
        (retry)="pages.reload()"
        (more)="pages.more()"
      >
        <ng-template soukCell="price" let-ad>
          {{ ad.effective_price | money: ad.fiat_currency }}
        </ng-template>
        <ng-template soukCell="remaining_amount" let-ad>
          {{ ad.remaining_amount | money: ad.currency }}
        </ng-template>
      </souk-table>
    </div>
  `,
})
export class Offers {
  private readonly api = inject(Api);
  protected readonly pages = new Pages((after) => this.api.invoke(listAds, { after }));
  protected readonly columns = [
    { key: 'owner', label: 'Advertiser' },
    { key: 'ad_type', label: 'Side' },
    { key: 'price', label: 'Price', end: true },
    { key: 'remaining_amount', label: 'Left', end: true },
  ];

  constructor() {
    void this.pages.reload();
  }
}
