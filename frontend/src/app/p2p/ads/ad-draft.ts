import { computed, signal } from '@angular/core';
import type { Ad, AdBody, AdChangeBody, AdConditions, PaymentMethodCode } from '../../core/client';
import { Decimal } from '../../core/decimal';
import { scaleOf } from '../amounts';
import { PRICE_SCALE, floatingPrice } from '../pricing';
import { type Texts, NUMBERS, readTime, timeText } from './draft-texts';

/** What stands around a draft: how numbers are read, what is there to sell, what the index is. */
export interface Surroundings {
  read(typed: string): Decimal | null;
  available(currency: string): Decimal | null;
  index(currency: string, fiat: string): Decimal | null;
  longestWindow(method: string): number;
  now(): number;
}

const [WINDOW_MIN, WINDOW_MAX] = [300, 21_600];
const TERMS_MAX = 1000;

/** An ad as it is written: what was typed, what is wrong with it, and what is sent. */
export class AdDraft {
  readonly side = signal<'BUY' | 'SELL'>('SELL');
  readonly priceType = signal<'FIXED' | 'FLOATING'>('FIXED');
  readonly currency = signal('USDT');
  readonly fiat = signal('USD');
  readonly methods = signal<readonly PaymentMethodCode[]>([]);
  readonly windowSecs = signal(900);
  readonly texts = signal<Texts>({});
  /** Before the first try, what is still empty is not told to be wrong. */
  readonly tried = signal(false);

  readonly scale = computed(() => scaleOf(this.currency()));
  readonly fiatScale = computed(() => scaleOf(this.fiat()));
  readonly isFloating = computed(() => this.priceType() === 'FLOATING');
  readonly index = computed(() => this.around.index(this.currency(), this.fiat()));
  /** What a taker would pay or get now. */
  readonly price = computed(() => {
    if (!this.isFloating()) return this.positive('price');
    const [index, margin] = [this.index(), this.number('margin_percent')];
    return index && margin
      ? floatingPrice(index, margin, this.positive('price_floor'), this.positive('price_ceiling'))
      : null;
  });
  /** What is in trades of the ad already, or was. */
  readonly taken = computed(() =>
    this.old
      ? Decimal.of(this.old.available_amount).minus(Decimal.of(this.old.remaining_amount))
      : Decimal.zero,
  );
  /** The most that the amount may be, where the coins have to be there. */
  readonly most = computed(() => {
    const available = this.side() === 'SELL' ? this.around.available(this.currency()) : null;
    return available?.plus(this.old ? Decimal.of(this.old.available_amount) : Decimal.zero) ?? null;
  });
  /** What its whole amount is worth. */
  readonly worth = computed(() => {
    const [price, amount] = [this.price(), this.positive('available_amount')];
    return price && amount ? amount.times(price).rounded(this.fiatScale(), 'down') : null;
  });
  readonly longestWindow = computed(() =>
    Math.min(WINDOW_MAX, ...this.methods().map((method) => this.around.longestWindow(method))),
  );

  /** What is wrong, by field; empty where nothing is. */
  readonly faults = computed<Readonly<Record<string, string>>>(() => {
    const faults: Record<string, string> = {};
    const note = (field: string, text: string | null) => {
      if (text && !faults[field]) faults[field] = text;
    };
    this.checkPrice(note);
    this.checkAmounts(note);
    this.checkRest(note);
    return faults;
  });
  readonly isComplete = computed(() => Object.keys(this.faults()).length === 0);

  constructor(
    private readonly around: Surroundings,
    /** What is edited; null for a new ad. */
    readonly old: Ad | null = null,
  ) {}

  /** A draft that begins as `ad` is, to edit it or to post its like. */
  static of(ad: Ad, around: Surroundings, isEdit: boolean): AdDraft {
    const draft = new AdDraft(around, isEdit ? ad : null);
    draft.side.set(ad.ad_type === 'BUY' ? 'BUY' : 'SELL');
    draft.priceType.set(ad.price_type === 'FLOATING' ? 'FLOATING' : 'FIXED');
    draft.currency.set(ad.currency);
    draft.fiat.set(ad.fiat_currency);
    draft.methods.set(ad.payment_methods);
    draft.windowSecs.set(ad.payment_window_secs);
    const texts: Texts = { terms: ad.terms ?? '' };
    for (const field of NUMBERS) {
      const own = field in ad ? ad[field as keyof Ad] : ad.conditions[field as keyof AdConditions];
      if (own != null) texts[field] = Decimal.parse(String(own))?.toShortString() ?? '';
    }
    if (isEdit && ad.expires_at) texts['expires_at'] = timeText(ad.expires_at);
    draft.texts.set(texts);
    return draft;
  }

  text(field: string): string {
    return this.texts()[field] ?? '';
  }

  type(field: string, text: string): void {
    this.texts.update((texts) => ({ ...texts, [field]: text }));
  }

  toggle(method: PaymentMethodCode): void {
    this.methods.update((methods) =>
      methods.includes(method) ? methods.filter((each) => each !== method) : [...methods, method],
    );
  }

  /** What is shown to be wrong with a field now. */
  fault(field: string): string | null {
    return this.tried() || this.text(field).trim() ? (this.faults()[field] ?? null) : null;
  }

  /** As a new ad is asked for. */
  body(): AdBody {
    const { price_floor, price_ceiling, terms, expires_at, ...rest } = this.shared();
    return {
      ad_type: this.side(),
      currency: this.currency(),
      fiat_currency: this.fiat(),
      ...rest,
      ...(price_floor ? { price_floor } : {}),
      ...(price_ceiling ? { price_ceiling } : {}),
      ...(terms ? { terms } : {}),
      ...(expires_at ? { expires_at } : {}),
    };
  }

  /** As a change is asked for: what is empty is removed. */
  change(version: number): AdChangeBody {
    return { version, ...this.shared() };
  }

  private shared() {
    const floats = this.isFloating();
    return {
      price_type: this.priceType(),
      ...(floats
        ? { margin_percent: this.plain('margin_percent') }
        : { price: this.plain('price') }),
      price_floor: (floats && this.plain('price_floor')) || null,
      price_ceiling: (floats && this.plain('price_ceiling')) || null,
      available_amount: this.plain('available_amount') ?? '',
      min_limit: this.plain('min_limit') ?? '',
      max_limit: this.plain('max_limit') ?? '',
      payment_methods: [...this.methods()],
      payment_window_secs: this.windowSecs(),
      terms: this.text('terms').trim() || null,
      conditions: this.conditions(),
      expires_at: readTime(this.text('expires_at'))?.toISOString() ?? null,
    };
  }

  private conditions(): AdConditions {
    const count = (field: string) => this.number(field)?.toNumber();
    const text = (field: string) => this.plain(field);
    const all = {
      min_completed_trades: count('min_completed_trades'),
      min_completion_rate: text('min_completion_rate'),
      min_account_age_days: count('min_account_age_days'),
      min_rating: text('min_rating'),
      first_trade_max_fiat: text('first_trade_max_fiat'),
    };
    return Object.fromEntries(Object.entries(all).filter(([, given]) => given !== undefined));
  }

  private checkPrice(note: (field: string, text: string | null) => void): void {
    if (!this.isFloating()) return note('price', this.checkPositive('price', PRICE_SCALE, true));
    const margin = this.number('margin_percent');
    note('margin_percent', margin ? null : 'A percentage, such as 1.5 or -0.5');
    if (margin && (margin.below(Decimal.of('-50')) || margin.above(Decimal.hundred)))
      note('margin_percent', 'From -50 to 100');
    note('margin_percent', decimalsFault(margin, 4));
    note('price_floor', this.checkPositive('price_floor', PRICE_SCALE, false));
    note('price_ceiling', this.checkPositive('price_ceiling', PRICE_SCALE, false));
    const [floor, ceiling] = [this.positive('price_floor'), this.positive('price_ceiling')];
    if (floor && ceiling && floor.above(ceiling)) note('price_ceiling', 'Below the floor');
  }

  private checkAmounts(note: (field: string, text: string | null) => void): void {
    const amount = this.positive('available_amount');
    const [least, most] = [this.positive('min_limit'), this.positive('max_limit')];
    note('available_amount', this.checkPositive('available_amount', this.scale(), true));
    const own = this.most();
    if (amount && own && amount.above(own))
      note('available_amount', 'More than you have available');
    if (amount?.below(this.taken())) note('available_amount', 'More than this is taken already');
    note('min_limit', this.checkPositive('min_limit', this.fiatScale(), true));
    note('max_limit', this.checkPositive('max_limit', this.fiatScale(), true));
    if (least && most && least.above(most)) note('max_limit', 'Below the smallest trade');
    const worth = this.worth();
    if (worth && least && worth.below(least) && !this.old)
      note('min_limit', 'More than the whole amount is worth');
  }

  private checkRest(note: (field: string, text: string | null) => void): void {
    if (!/^[A-Z]{3}$/.test(this.fiat()))
      note('fiat_currency', 'Three capital letters, such as USD');
    if (this.methods().length === 0) note('payment_methods', 'Choose one at least');
    const secs = this.windowSecs();
    if (secs < WINDOW_MIN || secs > this.longestWindow())
      note('payment_window_secs', 'Longer than one of the payment methods allows');
    if ([...this.text('terms').trim()].length > TERMS_MAX) note('terms', 'At most 1000 characters');
    const end = this.text('expires_at');
    if (end && !((readTime(end)?.getTime() ?? 0) > this.around.now()))
      note('expires_at', 'Not in the future');
    for (const field of ['min_completed_trades', 'min_account_age_days'])
      note(field, this.checkCount(field));
    note('min_completion_rate', this.checkRange('min_completion_rate', '0', '100', 4));
    note('min_rating', this.checkRange('min_rating', '1', '5', 2));
    note(
      'first_trade_max_fiat',
      this.checkPositive('first_trade_max_fiat', this.fiatScale(), false),
    );
  }

  private checkPositive(field: string, scale: number, isNeeded: boolean): string | null {
    if (!this.text(field).trim()) return isNeeded ? 'Needed' : null;
    const number = this.number(field);
    if (!number?.isPositive()) return 'Not a number above zero';
    return decimalsFault(number, scale);
  }

  private checkCount(field: string): string | null {
    const text = this.text(field).trim();
    return text && !/^\d{1,6}$/.test(text) ? 'A whole number' : null;
  }

  private checkRange(field: string, from: string, to: string, scale: number): string | null {
    if (!this.text(field).trim()) return null;
    const number = this.number(field);
    if (!number || number.below(Decimal.of(from)) || number.above(Decimal.of(to)))
      return `From ${from} to ${to}`;
    return decimalsFault(number, scale);
  }

  private number(field: string): Decimal | null {
    const text = this.text(field).trim();
    return text ? this.around.read(text) : null;
  }

  private positive(field: string): Decimal | null {
    const number = this.number(field);
    return number?.isPositive() ? number : null;
  }

  /** As it is sent: exactly what was typed, in plain notation. */
  private plain(field: string): string | undefined {
    return this.number(field)?.toShortString();
  }
}

function decimalsFault(number: Decimal | null, scale: number): string | null {
  if (!number || number.equals(number.rounded(scale, 'down'))) return null;
  return scale === 0 ? 'A whole number' : `At most ${scale} decimals`;
}
