import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { Ad, ListedAd } from '../../core/client';
import { decimalsOf } from '../../core/decimal';
import { Feed } from '../../core/feed';
import { Format } from '../../core/format';
import { Session } from '../../core/session';
import { Field } from '../../ui/field';
import { Money, Percent } from '../../ui/figures';
import { Segments } from '../../ui/segments';
import { Cell, Table } from '../../ui/table';
import { ASSETS, rangeOf, scaleOf } from '../amounts';
import { Contacts } from '../contacts';
import { PaymentMethods } from '../payment-methods';
import { Pricing, priceText } from '../pricing';
import { StandingLine } from '../standing';
import { Method, windowText } from '../texts';
import { type Filters, filtersOf } from './filters';
import { OfferList } from './offer-list';
import { Take } from './take';

const TYPED_MS = 300;

/** The ads that can be taken. */
@Component({
  selector: 'souk-offers',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Cell, Field, Method, Money, Percent, Segments, StandingLine, Table],
  providers: [OfferList],
  templateUrl: './offers.html',
  styleUrl: './offers.css',
})
export class Offers {
  readonly side = input<string>();
  readonly asset = input<string>();
  readonly fiat = input<string>();
  readonly amount = input<string>();
  readonly method = input<string>();
  readonly sort = input<string>();

  protected readonly session = inject(Session);
  protected readonly feed = inject(Feed);
  protected readonly methods = inject(PaymentMethods);
  protected readonly contacts = inject(Contacts);
  private readonly list = inject(OfferList);
  private readonly pricing = inject(Pricing);
  private readonly format = inject(Format);
  private readonly router = inject(Router);
  private readonly dialog = inject(Dialog);

  protected readonly pages = this.list.pages;
  protected readonly onlyFavourites = signal(false);
  protected readonly typed = signal<string | null>(null);
  protected readonly amountFault = computed(() => {
    const typed = this.typed()?.trim();
    return typed && !this.format.read(typed)?.isPositive() ? 'Not an amount' : null;
  });
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected readonly filters = computed<Filters>(
    () =>
      filtersOf({
        side: this.side(),
        asset: this.asset(),
        fiat: this.fiat(),
        amount: this.amount(),
        method: this.method(),
        sort: this.sort(),
      }),
    { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );

  protected readonly rows = computed(() => {
    const rows = this.pages.rows();
    const favoured = this.contacts.favoured();
    return this.onlyFavourites() ? rows.filter((ad) => favoured.has(ad.owner)) : rows;
  });
  /** Currencies that are offered somewhere, as far as was seen. */
  protected readonly fiats = computed(() => [
    ...new Set(['USD', this.filters().fiat, ...this.pages.rows().map((ad) => ad.fiat_currency)]),
  ]);
  protected readonly shownAmount = computed(() => this.typed() ?? this.filters().amount);
  protected readonly isNarrowed = computed(
    () => !!this.filters().amount || !!this.filters().method || this.onlyFavourites(),
  );
  protected readonly emptyText = computed(() => {
    const { side, asset } = this.filters();
    const what = side === 'buy' ? 'sells' : 'buys';
    return this.isNarrowed()
      ? `Nobody ${what} ${asset} on these terms right now.`
      : `Nobody ${what} ${asset} right now.`;
  });

  protected readonly sides = [
    { value: 'buy', label: 'Buy', tone: 'buy' as const },
    { value: 'sell', label: 'Sell', tone: 'sell' as const },
  ];
  protected readonly assets = ASSETS.map((asset) => ({ value: asset, label: asset }));
  protected readonly sorts = [
    { value: 'price', label: 'Best price' },
    { value: 'completion_rate', label: 'Completion rate' },
    { value: 'created_at', label: 'Newest' },
  ];
  protected readonly columns = [
    { key: 'owner', label: 'Advertiser' },
    { key: 'price', label: 'Price' },
    { key: 'limits', label: 'Left and limits' },
    { key: 'methods', label: 'Payment' },
    { key: 'action', label: '', end: true },
  ];
  protected readonly idOf = (ad: ListedAd) => ad.id;

  constructor() {
    effect(() => {
      const filters = this.filters();
      this.session.isLoggedIn();
      untracked(() => this.list.look(filters));
    });
    void this.methods.load();
  }

  protected set(change: Partial<Record<keyof Filters, string>>): void {
    const next = filtersOf({ ...this.filters(), ...change });
    const first = filtersOf({});
    const queryParams = Object.fromEntries(
      (Object.keys(next) as (keyof Filters)[]).map((key) => [
        key,
        next[key] === first[key] ? null : next[key],
      ]),
    );
    void this.router.navigate(['/p2p'], { queryParams, replaceUrl: true });
  }

  protected typeAmount(typed: string): void {
    this.typed.set(typed);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      const amount = this.format.read(typed);
      const exact = amount?.rounded(scaleOf(this.filters().fiat), 'down');
      if (!typed.trim() || exact?.isPositive()) this.set({ amount: exact?.toShortString() ?? '' });
    }, TYPED_MS);
  }

  protected widen(): void {
    this.typed.set(null);
    this.onlyFavourites.set(false);
    this.set({ amount: '', method: '' });
  }

  protected priceOf(ad: Ad): string | null {
    const price = this.pricing.of(ad);
    return price && priceText(price, decimalsOf(ad.max_limit));
  }

  protected limitsOf(ad: Ad): string {
    const price = this.pricing.of(ad);
    const { least, most } = price
      ? rangeOf(ad, price)
      : { least: ad.min_limit, most: ad.max_limit };
    const from = this.format.number(least.toString());
    return `${from} – ${this.format.money(most.toString(), ad.fiat_currency)}`;
  }

  protected windowOf(ad: Ad): string {
    return windowText(ad.payment_window_secs);
  }

  protected labelOf(ad: Ad): string {
    return `${this.filters().side === 'buy' ? 'Buy' : 'Sell'} ${ad.currency}: offer of ${ad.owner}`;
  }

  protected take(ad: ListedAd): void {
    this.dialog.open(Take, {
      data: { ad, amount: this.filters().amount, method: this.filters().method },
      panelClass: ['dialog-pane', 'wide'],
      ariaLabelledBy: 'take',
      autoFocus: '#take-amount, .first',
    });
  }
}
