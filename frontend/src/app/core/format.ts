import { Injectable, computed, inject } from '@angular/core';
import { Decimal, decimalsOf } from './decimal';
import { Preferences } from './preferences';

type Text = string | null | undefined;

/** What stands where there is no figure. */
export const NONE = '–';

/** Writes exact decimal strings and times as the person's locale does, and reads what is typed. */
@Injectable({ providedIn: 'root' })
export class Format {
  private readonly preferences = inject(Preferences);

  readonly locale = computed(() => supported(this.preferences.locale()) ?? navigator.language);
  readonly timeZone = computed(
    () => this.preferences.timeZone() || Intl.DateTimeFormat().resolvedOptions().timeZone,
  );

  /** The sign that parts the decimals. */
  readonly point = computed(
    () =>
      new Intl.NumberFormat(this.locale()).formatToParts(1.5).find((p) => p.type === 'decimal')
        ?.value ?? '.',
  );

  private readonly numbers = computed(() => cache(this.locale(), Intl.NumberFormat));
  private readonly times = computed(() => {
    const [locale, timeZone] = [this.locale(), this.timeZone()];
    return cache(locale, Intl.DateTimeFormat, { timeZone } as Intl.DateTimeFormatOptions);
  });

  /** With the decimals that the text has, or with `digits` (cut, never rounded up). */
  number(text: Text, digits?: number): string {
    if (text == null) return NONE;
    const parsed = Decimal.parse(text);
    if (!parsed) return text;
    const exact = digits === undefined ? text : parsed.rounded(digits, 'down').toString();
    const shown = decimalsOf(exact);
    return this.exactly(exact, { minimumFractionDigits: shown, maximumFractionDigits: shown });
  }

  /** Without zeros at the end: for quantities. */
  short(text: Text): string {
    const parsed = Decimal.parse(text);
    return parsed ? this.number(parsed.toShortString()) : (text ?? NONE);
  }

  /** With its currency behind it: `1,234.50 USD`. */
  money(text: Text, currency: string): string {
    return text == null ? NONE : `${this.number(text)}\u00a0${currency}`;
  }

  /** About how much: `1.2M`. */
  compact(text: Text): string {
    if (text == null) return NONE;
    return this.exactly(text, { notation: 'compact', maximumFractionDigits: 2 });
  }

  /** With its sign: `+1.25 %`. */
  percent(text: Text, digits = 2): string {
    const parsed = Decimal.parse(text);
    if (!parsed) return NONE;
    const rounded = parsed.rounded(digits, 'nearest').toString();
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${this.exactly(rounded, { ...options, signDisplay: 'exceptZero' })}\u00a0%`;
  }

  signed(text: Text): string {
    if (text == null) return NONE;
    const digits = decimalsOf(text);
    return this.exactly(text, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'exceptZero',
    });
  }

  time(at: Text | number): string {
    return this.at(at, { timeStyle: 'medium' });
  }

  date(at: Text | number): string {
    return this.at(at, { dateStyle: 'medium' });
  }

  dateTime(at: Text | number): string {
    return this.at(at, { dateStyle: 'medium', timeStyle: 'medium' });
  }

  /** Day and minute, for lists. */
  dayTime(at: Text | number): string {
    return this.at(at, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  }

  /** The hour and minute, for axes; and the day, the month and the year. */
  minute(at: Text | number): string {
    return this.at(at, { hour: '2-digit', minute: '2-digit' });
  }

  day(at: Text | number): string {
    return this.at(at, { month: 'short', day: 'numeric' });
  }

  month(at: Text | number): string {
    return this.at(at, { month: 'short' });
  }

  year(at: Text | number): string {
    return this.at(at, { year: 'numeric' });
  }

  /** How long: `4:05` or `2:04:05`; never below zero. */
  countdown(ms: number): string {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (part: number) => String(part).padStart(2, '0');
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  }

  /** In words: `12 s`, `5 min`, `3 h`, `2 d`. */
  duration(seconds: number | null | undefined): string {
    if (seconds == null) return NONE;
    if (seconds < 60) return `${Math.round(seconds)} s`;
    if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
    if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86_400)} d`;
  }

  /** What a person typed, with the locale's point or a plain one; null where it is no number. */
  read(typed: string): Decimal | null {
    const text = typed.trim().replace(/[\s\u00a0\u202f]/g, '');
    if (/[.,]$/.test(text)) return Decimal.parse(text.slice(0, -1));
    return Decimal.parse(this.point() === ',' ? text.replace(',', '.') : text);
  }

  private exactly(text: string, options: Intl.NumberFormatOptions): string {
    // A text is formatted exactly, digit by digit; the type says less than the language does.
    return this.numbers()(options).format(text as unknown as number);
  }

  private at(at: Text | number, options: Intl.DateTimeFormatOptions): string {
    return at == null ? NONE : this.times()(options).format(new Date(at));
  }
}

function supported(locale: string): string | undefined {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale)[0];
  } catch {
    return undefined;
  }
}

/** Formatters are dear to make, and there are few kinds of them. */
function cache<O extends object, F>(
  locale: string,
  maker: new (locale: string, options: O) => F,
  always?: O,
): (options: O) => F {
  const made = new Map<string, F>();
  return (options) => {
    const key = JSON.stringify(options);
    let formatter = made.get(key);
    if (!formatter) made.set(key, (formatter = new maker(locale, { ...always, ...options })));
    return formatter;
  };
}
