import {
  ChangeDetectionStrategy,
  Component,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, type ListedAd, listAds } from '../core/client';
import { Pages } from '../core/pages';
import { AssetTag } from '../ui/asset';
import { Money, words } from '../ui/figures';
import { Cell, Table } from '../ui/table';

/** So many pages of offers are looked through; the exchange does not list them by owner. */
const READ_MAX = 4;

/** What somebody offers right now. */
@Component({
  selector: 'souk-offers-of',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AssetTag, Cell, Money, RouterLink, Table],
  template: `
    <div class="panel-head"><h2>Offers</h2></div>
    <souk-table
      label="Offers"
      empty="No offers right now."
      [columns]="columns"
      [rows]="pages.rows()"
      [key]="keyOf"
      [loading]="pages.isFirstLoad()"
      [problem]="pages.problem()"
      (retry)="pages.reload()"
    >
      <ng-template soukCell="side" let-ad>
        <a [routerLink]="['/p2p']">{{ ad.ad_type === 'SELL' ? 'Sells' : 'Buys' }}</a>
      </ng-template>
      <ng-template soukCell="currency" let-ad>
        <souk-asset [code]="ad.currency" [short]="true" />
      </ng-template>
      <ng-template soukCell="price" let-ad>
        {{ ad.effective_price | money: ad.fiat_currency }}
      </ng-template>
      <ng-template soukCell="limits" let-ad>
        {{ ad.min_limit | money: ad.fiat_currency }} to {{ ad.max_limit | money: ad.fiat_currency }}
      </ng-template>
      <ng-template soukCell="methods" let-ad>{{ methods(ad) }}</ng-template>
    </souk-table>
  `,
})
export class OffersOf {
  readonly username = input.required<string>();
  private readonly api = inject(Api);
  protected readonly pages = new Pages<ListedAd>(() => this.read());
  protected readonly columns = [
    { key: 'side', label: 'Side' },
    { key: 'currency', label: 'Asset' },
    { key: 'price', label: 'Price', end: true },
    { key: 'limits', label: 'Limits', end: true },
    { key: 'methods', label: 'Payment' },
  ];

  constructor() {
    effect(() => {
      this.username();
      untracked(() => {
        this.pages.rows.set([]);
        void this.pages.reload();
      });
    });
  }

  protected keyOf(ad: ListedAd): string {
    return ad.id;
  }

  protected methods(ad: ListedAd): string {
    return ad.payment_methods.map(words).join(', ');
  }

  private async read(): Promise<{ data: readonly ListedAd[] }> {
    const found: ListedAd[] = [];
    let after: string | undefined;
    for (let page = 0; page < READ_MAX; page++) {
      const { data, next } = await this.api.invoke(listAds, { limit: 500, after });
      found.push(...data.filter(({ owner }) => owner === this.username()));
      if (!next) break;
      after = next;
    }
    return { data: found };
  }
}
