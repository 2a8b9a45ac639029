import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  signal,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  type Ad,
  Api,
  type ListedAd,
  showAd,
  showReputation,
  takeAd,
  type PaymentMethodCode,
} from '../../core/client';
import { Balances } from '../../core/balances';
import { Command } from '../../core/command';
import { Decimal, decimalsOf } from '../../core/decimal';
import { Feed } from '../../core/feed';
import { Format } from '../../core/format';
import { Session } from '../../core/session';
import { Toasts } from '../../core/toasts';
import { Field } from '../../ui/field';
import { Money } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { Segments } from '../../ui/segments';
import { figuresOf, mostAmount, mostFiat, rangeOf } from '../amounts';
import { type Taker, conditionsOf } from '../conditions';
import { Contacts } from '../contacts';
import { ExchangeTime } from '../exchange-time';
import { PaymentAccounts } from '../payment-accounts';
import { Pricing, priceText } from '../pricing';
import { MissingAccounts } from '../settings/missing-accounts';
import { StandingLine } from '../standing';
import { Method, refusalText, windowText } from '../texts';

const DAY_MS = 86_400_000;

export interface Offer {
  ad: ListedAd;
  /** What the person looked for. */
  amount: string;
  method: PaymentMethodCode | '';
}

/** Takes an ad: how much, paid how, at a price that was seen. */
@Component({
  selector: 'souk-take',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Field, Icon, Method, MissingAccounts, Money, Segments, StandingLine],
  templateUrl: './take.html',
  styleUrl: './take.css',
})
export class Take {
  private readonly offer = inject<Offer>(DIALOG_DATA);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  private readonly format = inject(Format);
  private readonly balances = inject(Balances);
  private readonly pricing = inject(Pricing);
  private readonly accounts = inject(PaymentAccounts);
  private readonly time = inject(ExchangeTime);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  protected readonly session = inject(Session);
  protected readonly contacts = inject(Contacts);
  protected readonly command = new Command();
  protected readonly contact = new Command();

  protected readonly ad = signal<ListedAd>(this.offer.ad);
  protected readonly isBuy = this.offer.ad.ad_type === 'SELL';
  protected readonly unit = signal<'fiat' | 'crypto'>('fiat');
  protected readonly typed = signal(this.offer.amount);
  protected readonly method = signal(firstMethod(this.offer));
  protected readonly tolerance = signal('0.5');
  protected readonly tolerances = ['0', '0.1', '0.5', '1'];
  /** The version that the person has seen and goes on with. */
  private readonly seen = signal(this.offer.ad.version);
  /** The price that a refusal told; the next try agrees to it. */
  protected readonly moved = signal<string | null>(null);

  protected readonly units = [
    { value: 'fiat', label: this.offer.ad.fiat_currency },
    { value: 'crypto', label: this.offer.ad.currency },
  ];
  protected readonly price = computed(
    () => Decimal.parse(this.moved()) ?? this.pricing.of(this.ad()),
  );
  protected readonly priceShown = computed(() => {
    const price = this.price();
    return price && priceText(price, decimalsOf(this.ad().max_limit));
  });
  protected readonly figures = computed(() => {
    const price = this.price();
    if (!price) return { amount: null, fiat: null, fault: null };
    return figuresOf(this.ad(), price, this.unit(), this.format.read(this.typed()));
  });
  protected readonly available = computed(
    () => this.balances.of(this.ad().currency)?.available_balance ?? null,
  );
  protected readonly fault = computed(() => this.amountFault());
  protected readonly isOffered = computed(
    () => this.ad().status === 'ACTIVE' && !this.ad().hidden_reason,
  );
  protected readonly isChanged = computed(
    () => !this.isOffered() || this.ad().version !== this.seen(),
  );
  protected readonly changedText = computed(() => {
    const { status, owner } = this.ad();
    if (this.isOffered()) return `${owner} has changed this ad. What you see is how it is now.`;
    return status === 'PAUSED' || status === 'HIDDEN' || status === 'ACTIVE'
      ? 'This ad cannot be taken right now.'
      : 'This ad has ended.';
  });
  protected readonly isReady = computed(() => {
    const { amount, fault } = this.figures();
    const isPaidSomewhere = this.isBuy || this.accounts.missing([this.method()]).length === 0;
    return (
      amount && !fault && !this.fault() && this.method() && !this.isChanged() && isPaidSomewhere
    );
  });
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    if (!problem || problem.code === 'AD_CHANGED') return null;
    return refusalText(problem, this.format);
  });
  private readonly taker = signal<Taker | null>(null);
  protected readonly conditions = computed(() =>
    conditionsOf(this.ad().conditions, this.ad().fiat_currency, this.format, this.taker()),
  );
  protected readonly window = computed(() => windowText(this.ad().payment_window_secs));
  protected readonly limitsText = computed(() => {
    const { min_limit, max_limit, fiat_currency } = this.ad();
    return `${this.format.number(min_limit)} – ${this.format.money(max_limit, fiat_currency)}`;
  });
  protected readonly rangeText = computed(() => {
    const price = this.price();
    if (!price) return 'There is no price right now.';
    const { least, most } = rangeOf(this.ad(), price);
    const to = this.format.money(most.toString(), this.ad().fiat_currency);
    return `From ${this.format.number(least.toString())} to ${to}`;
  });

  constructor() {
    const leave = inject(Feed).watch('p2p:ads', {
      event: ({ data }) => {
        const ad = data as Ad;
        if (ad?.id === this.ad().id) this.ad.update((old) => ({ ...old, ...ad }));
      },
    });
    inject(DestroyRef).onDestroy(leave);
    void this.reload();
    void this.readTaker();
  }

  protected agree(): void {
    this.seen.set(this.ad().version);
    this.moved.set(null);
    this.command.problem.set(null);
    const method = this.method();
    if (!method || !this.ad().payment_methods.includes(method))
      this.method.set(firstMethod({ ...this.offer, ad: this.ad() }));
  }

  /** As much as the ad's limits, what is left, and the balance allow. */
  protected takeMost(): void {
    const price = this.price();
    if (!price) return;
    const ad = this.ad();
    const own = this.isBuy ? null : Decimal.parse(this.available());
    const typed = this.unit() === 'fiat' ? mostFiat(ad, price, own) : mostAmount(ad, price, own);
    this.typed.set(this.format.short(typed.toString()));
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const price = this.price();
    const typed = this.figures()[this.unit() === 'fiat' ? 'fiat' : 'amount'];
    const method = this.method();
    if (!this.isReady() || !price || !typed || !method) return;
    const ad = this.ad();
    const taken = await this.command.run(takeAd, {
      body: {
        advertisement_id: ad.id,
        [this.unit() === 'fiat' ? 'fiat_amount' : 'amount']: typed.toString(),
        payment_method: method,
        expected_price: price.toString(),
        ...(ad.price_type === 'FLOATING' ? { price_tolerance_percent: this.tolerance() } : {}),
        ad_version: this.seen(),
      },
    });
    if (!taken) return this.refused();
    this.ref.close();
    this.toasts.show('The trade is open, and the coins are in escrow.', 'good');
    await this.router.navigate(['/p2p/trades', taken.trade.id]);
  }

  protected async favour(): Promise<void> {
    const { owner } = this.ad();
    if (this.contacts.favoured().has(owner))
      await this.contacts.remove('favourites', owner, this.contact);
    else await this.contacts.add('favourites', owner, this.contact);
  }

  protected logIn(): void {
    const back = this.router.url;
    this.ref.close();
    void this.router.navigate(['/login'], { queryParams: { back } });
  }

  private refused(): void {
    const problem = this.command.problem();
    const price = problem?.code === 'PRICE_MOVED' ? problem.more['price'] : null;
    this.moved.set(typeof price === 'string' ? price : null);
    void this.reload();
  }

  private async reload(): Promise<void> {
    try {
      this.ad.set(await this.api.invoke(showAd, { id: this.ad().id }));
    } catch {
      // What was seen stays; the exchange refuses what does not hold any more.
      return;
    }
  }

  /** How the taker stands to the ad's conditions. */
  private async readTaker(): Promise<void> {
    const user = this.session.user();
    if (!user || Object.keys(this.ad().conditions).length === 0) return;
    try {
      const own = await this.api.invoke(showReputation, { username: user.username });
      const age = this.time.now() - Date.parse(user.created_at);
      this.taker.set({ ...own, days: Math.floor(age / DAY_MS) });
    } catch {
      // The conditions are told without it.
      return;
    }
  }

  private amountFault(): string | null {
    const text = this.typed().trim();
    if (!text) return null;
    if (!this.format.read(text)) return 'Not an amount';
    const { amount, fault } = this.figures();
    const { currency, fiat_currency, remaining_amount } = this.ad();
    switch (fault) {
      case 'decimals':
        return `Too many decimals for ${this.unit() === 'fiat' ? fiat_currency : currency}`;
      case 'nothing':
        return 'This comes to nothing';
      case 'below':
      case 'above':
        return `Outside the limits: ${this.limitsText()}`;
      case 'left':
        return `Only ${this.format.money(remaining_amount, currency)} is left`;
    }
    const own = this.isBuy ? null : Decimal.parse(this.available());
    return own && amount?.above(own)
      ? `You have ${this.format.money(own.toString(), currency)} available`
      : null;
  }
}

function firstMethod({ ad, method }: Offer): PaymentMethodCode | '' {
  if (method && ad.payment_methods.includes(method)) return method;
  return ad.payment_methods.length === 1 ? ad.payment_methods[0]! : '';
}
