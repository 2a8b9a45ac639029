import type { SelfTradePrevention } from '../core/client';
import { Injectable, computed, inject, signal } from '@angular/core';
import { Balances } from '../core/balances';
import { Decimal } from '../core/decimal';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Session } from '../core/session';
import { stored } from '../core/storage';
import { cautions } from './caution';
import {
  type Draft,
  type Faults,
  type Kind,
  type TimeInForce,
  canHide,
  faultsOf,
  hasPrice,
  isByAmount,
  portion,
  priceOf,
  purseOf,
  quantityFor,
  written,
} from './draft';
import { LiveBook } from './live-book';
import { sweep } from './sweep';
import { type Side, type Terms, protectionPrice, termsOf } from './terms';

/** The order form's state: what is typed, and what follows from it by the live book. */
@Injectable()
export class Ticket {
  private readonly market = inject(Market);
  private readonly balances = inject(Balances);
  private readonly session = inject(Session);
  private readonly format = inject(Format);
  private readonly book = inject(LiveBook);

  readonly instrument = signal('');
  readonly side = signal<Side>('BUY');
  readonly kind = signal<Kind>('LIMIT');
  readonly timeInForce = signal<TimeInForce>('GTC');
  readonly postOnly = signal(false);
  readonly prevention = stored<SelfTradePrevention>('trade-prevention', 'CANCEL_NEWEST');
  readonly byAmount = signal(false);
  /** As they are typed. */
  readonly price = signal('');
  readonly stopPrice = signal('');
  readonly quantity = signal('');
  readonly amount = signal('');
  readonly display = signal('');

  readonly terms = computed<Terms | null>(() => {
    const instrument = this.market.instrument(this.instrument());
    return instrument ? termsOf(instrument) : null;
  });
  readonly last = computed(() => Decimal.parse(this.market.tickers()[this.instrument()]?.last));

  readonly draft = computed<Draft>(() => ({
    side: this.side(),
    kind: this.kind(),
    timeInForce: this.timeInForce(),
    postOnly: this.postOnly(),
    prevention: this.prevention(),
    price: this.format.read(this.price()),
    stopPrice: this.format.read(this.stopPrice()),
    quantity: this.format.read(this.quantity()),
    byAmount: this.byAmount(),
    amount: this.format.read(this.amount()),
    display: this.format.read(this.display()),
  }));

  /** What an order of this side spends, and how much of it is available; null when logged out. */
  readonly spends = computed(() => {
    const terms = this.terms();
    return terms && (this.side() === 'BUY' ? terms.quote : terms.base);
  });
  readonly available = computed(() => {
    const asset = this.spends();
    if (!asset || !this.session.isLoggedIn()) return null;
    return Decimal.parse(this.balances.of(asset)?.available_balance);
  });

  readonly byQuote = computed(() => isByAmount(this.draft()));
  readonly withPrice = computed(() => hasPrice(this.kind()));
  readonly mayHide = computed(() => canHide(this.draft()));

  readonly faults = computed<Faults>(() => {
    const terms = this.terms();
    if (!terms) return {};
    const faults = faultsOf(this.draft(), this.book.view(), this.available(), terms);
    return this.display().trim() && this.mayHide() && !this.draft().display
      ? { ...faults, display_quantity: 'Enter a number.' }
      : faults;
  });

  /** What it is worth at its own price, its stop or the best price. */
  readonly worth = computed(() => {
    const [draft, terms] = [this.draft(), this.terms()];
    const price = priceOf(draft, this.book.view());
    if (!terms) return null;
    if (isByAmount(draft)) return draft.amount;
    return price && draft.quantity && price.times(draft.quantity).rounded(terms.quoteScale, 'down');
  });

  /** What has to be available for it. */
  readonly purse = computed(() => {
    const terms = this.terms();
    return terms && purseOf(this.draft(), this.book.view(), terms);
  });

  /** What it would take out of the book now; null for stops and where nothing is typed. */
  readonly taking = computed(() => {
    const [draft, terms, view] = [this.draft(), this.terms(), this.book.view()];
    if (!terms || !view || draft.kind === 'STOP_LIMIT' || draft.kind === 'STOP_MARKET') return null;
    const levels = draft.side === 'BUY' ? view.asks : view.bids;
    const best = levels[0]?.price;
    const limit = hasPrice(draft.kind)
      ? draft.price
      : (best && protectionPrice(draft.side, best, terms)) || null;
    const [quantity, amount] = isByAmount(draft) ? [null, draft.amount] : [draft.quantity, null];
    if (!(quantity ?? amount)?.isPositive() || (hasPrice(draft.kind) && !limit)) return null;
    return sweep(levels, { side: draft.side, limit, quantity, amount }, terms);
  });

  readonly cautions = computed(() => {
    const [worth, terms] = [this.worth(), this.terms()];
    const usd = worth && terms ? this.market.usdValue(terms.quote, worth.toString()) : null;
    return cautions(this.draft(), this.book.view(), this.last(), usd, this.taking());
  });

  /** Shows another instrument: figures of the old one would mislead. */
  follow(instrument: string): void {
    this.instrument.set(instrument);
    for (const typed of [this.price, this.stopPrice]) typed.set('');
    this.clear();
  }

  /** After an order went out: the price stays, for the next one. */
  clear(): void {
    for (const typed of [this.quantity, this.amount, this.display]) typed.set('');
  }

  /** A price that was clicked somewhere. */
  takePrice(price: string): void {
    if (this.kind() === 'STOP_MARKET') return this.stopPrice.set(price);
    if (this.kind() === 'MARKET') this.kind.set('LIMIT');
    this.price.set(price);
  }

  /** So much of what is available. */
  takePortion(percent: number): void {
    const [available, terms] = [this.available(), this.terms()];
    if (!available || !terms) return;
    const some = portion(percent, available, this.draft(), this.book.view(), terms);
    if (!some) return;
    if (this.byQuote()) this.amount.set(some.toString());
    else this.quantity.set(written(some, terms.lot));
  }

  /** How much of what is available it takes, 0 to 100. */
  readonly portion = computed(() => {
    const [available, purse] = [this.available(), this.purse()];
    if (!available?.isPositive() || !purse) return 0;
    const percent = purse.times(Decimal.hundred).over(available, 0, 'nearest').toNumber();
    return Math.min(100, Math.max(0, percent));
  });

  /** As much as `typed` buys or sells at the price. */
  takeTotal(typed: string): void {
    const [total, terms] = [this.format.read(typed), this.terms()];
    const price = priceOf(this.draft(), this.book.view());
    if (!total || !terms || !price?.isPositive()) return;
    this.quantity.set(written(quantityFor(total, price, terms), terms.lot));
  }

  /** One step up or down of what a field holds. */
  step(field: 'price' | 'stopPrice' | 'quantity', direction: 1 | -1): void {
    const terms = this.terms();
    if (!terms) return;
    const step = field === 'quantity' ? terms.lot : terms.tick;
    const from = this.format.read(this[field]()) ?? (field === 'quantity' ? null : this.last());
    const next = (from ?? Decimal.zero).plus(direction === 1 ? step : step.negated());
    if (next.isPositive()) this[field].set(written(next, step));
  }
}
