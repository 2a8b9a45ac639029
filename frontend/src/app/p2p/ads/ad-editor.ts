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
import { Api, editAd, publishAd, showAd } from '../../core/client';
import { Balances } from '../../core/balances';
import { Command } from '../../core/command';
import { Decimal } from '../../core/decimal';
import { Format } from '../../core/format';
import { Problem, problemOf } from '../../core/problem';
import { Session } from '../../core/session';
import { Toasts } from '../../core/toasts';
import { Field } from '../../ui/field';
import { Money } from '../../ui/figures';
import { Segments } from '../../ui/segments';
import { Failure, Skeleton } from '../../ui/state';
import { ASSETS } from '../amounts';
import { ExchangeTime } from '../exchange-time';
import { PaymentAccounts } from '../payment-accounts';
import { PaymentMethods } from '../payment-methods';
import { Pricing, priceText } from '../pricing';
import { MissingAccounts } from '../settings/missing-accounts';
import { refusalText, windowText } from '../texts';
import { AdDraft, type Surroundings } from './ad-draft';
import { readTime } from './draft-texts';
import { refusalsOf } from './refusals';
import { Typed } from './typed';

const WINDOWS = [300, 900, 1800, 3600, 7200, 21_600];
const CONDITIONS = [
  'min_completed_trades',
  'min_completion_rate',
  'min_account_age_days',
  'min_rating',
  'first_trade_max_fiat',
];

/** Writes an ad, or writes it anew. */
@Component({
  selector: 'souk-ad-editor',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Failure, Field, MissingAccounts, Money, Segments, Skeleton, Typed],
  templateUrl: './ad-editor.html',
  styleUrl: './ad-editor.css',
})
export class AdEditor {
  /** The ad that is edited. */
  readonly id = input<string>();
  /** The ad whose like is posted. */
  readonly like = input<string>();

  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  private readonly format = inject(Format);
  private readonly balances = inject(Balances);
  private readonly pricing = inject(Pricing);
  private readonly accounts = inject(PaymentAccounts);
  private readonly time = inject(ExchangeTime);
  protected readonly methods = inject(PaymentMethods);
  protected readonly command = new Command();

  protected readonly draft = signal<AdDraft | null>(null);
  protected readonly failure = signal<Problem | null>(null);
  protected readonly refusals = computed(() => refusalsOf(this.command.problem()));
  protected readonly isStale = computed(() => this.command.problem()?.code === 'AD_CHANGED');
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && Object.keys(this.refusals()).length === 0
      ? refusalText(problem, this.format)
      : null;
  });
  protected readonly windows = computed(() => {
    const all = new Set([...WINDOWS, this.draft()?.old?.payment_window_secs ?? WINDOWS[0]!]);
    return [...all].sort((a, b) => a - b).map((secs) => ({ secs, label: windowText(secs) }));
  });
  /** Whether a seller would not be found by the payers. */
  protected readonly isUnpaid = computed(() => {
    const draft = this.draft();
    return draft?.side() === 'SELL' && this.accounts.missing(draft.methods()).length > 0;
  });
  protected readonly hasConditions = computed(() => {
    const draft = this.draft();
    return !!draft && CONDITIONS.some((field) => untracked(() => draft.text(field)));
  });

  protected readonly indexText = computed(() => {
    const index = this.draft()?.index();
    return index ? this.priced(index) : 'There is no price right now';
  });
  protected readonly priceText = computed(() => this.priced(this.draft()?.price() ?? null));
  protected readonly available = computed(() => {
    const currency = this.draft()?.currency() ?? '';
    return this.format.money(this.balances.of(currency)?.available_balance, currency);
  });
  protected readonly largest = computed(() => {
    const draft = this.draft();
    const most = draft && this.format.read(draft.text('max_limit'));
    const worth = draft?.worth();
    if (!draft || !most) return this.format.money(null, '');
    const scale = draft.fiatScale();
    const bounded = worth ? most.min(worth) : most;
    return this.format.money(bounded.rounded(scale, 'down').toString(), draft.fiat());
  });
  protected readonly amountHint = computed(() => {
    const most = this.draft()?.most();
    return most ? `At most ${this.format.short(most.toString())}` : null;
  });
  /** How far a fixed price is from the market. */
  protected readonly distance = computed(() => {
    const draft = this.draft();
    const [price, index] = [draft?.price(), draft?.index()];
    if (!price || !index?.isPositive()) return null;
    const apart = price.minus(index).times(Decimal.hundred).over(index, 2, 'nearest');
    return `${this.format.percent(apart.toString())} to the market`;
  });
  protected readonly endHint = computed(() => {
    const end = readTime(this.draft()?.text('expires_at') ?? '');
    return end ? this.format.dateTime(end.toISOString()) : null;
  });

  protected readonly windowText = windowText;
  protected readonly sides = [
    { value: 'SELL', label: 'Sell', tone: 'sell' as const },
    { value: 'BUY', label: 'Buy', tone: 'buy' as const },
  ];
  protected readonly assets = ASSETS.map((asset) => ({ value: asset, label: asset }));
  protected readonly kinds = [
    { value: 'FIXED', label: 'Fixed' },
    { value: 'FLOATING', label: 'Floating' },
  ];

  private readonly around: Surroundings = {
    read: (typed) => this.format.read(typed),
    available: (currency) => Decimal.parse(this.balances.of(currency)?.available_balance),
    index: (currency, fiat) =>
      this.pricing.mid(currency, fiat) ?? this.pricing.last(currency, fiat),
    longestWindow: (method) =>
      this.methods.all().find(({ code }) => code === method)?.longest_window_secs ?? Infinity,
    now: () => this.time.now(),
  };

  constructor() {
    effect(() => {
      this.id();
      this.like();
      untracked(() => void this.load());
    });
    void this.methods.load();
  }

  protected async load(): Promise<void> {
    const id = this.id() ?? this.like();
    this.failure.set(null);
    this.command.problem.set(null);
    this.draft.set(null);
    if (!id) return this.draft.set(new AdDraft(this.around));
    try {
      const ad = await this.api.invoke(showAd, { id });
      if (ad.owner !== this.session.user()?.username)
        throw new Problem(403, 'NOT_ALLOWED', 'this is not your ad');
      this.draft.set(AdDraft.of(ad, this.around, this.id() !== undefined));
    } catch (error) {
      this.failure.set(problemOf(error));
    }
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const draft = this.draft();
    if (!draft) return;
    draft.tried.set(true);
    if (!draft.isComplete() || this.isUnpaid()) return;
    const { old } = draft;
    const ad = old
      ? await this.command.run(editAd, { id: old.id, body: draft.change(old.version) })
      : await this.command.run(publishAd, { body: draft.body() });
    if (!ad) return;
    this.toasts.show(old ? 'The ad is changed.' : 'Your ad is posted.', 'good');
    await this.router.navigateByUrl('/p2p/ads');
  }

  private priced(price: Decimal | null): string {
    const draft = this.draft();
    if (!draft) return '';
    return this.format.money(price && priceText(price, draft.fiatScale()), draft.fiat());
  }
}
