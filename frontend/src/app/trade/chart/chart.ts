import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { CdkMenu, CdkMenuItemCheckbox, CdkMenuTrigger } from '@angular/cdk/menu';
import type { Candle } from '../../core/client';
import { Decimal, decimalsOf } from '../../core/decimal';
import { Feed } from '../../core/feed';
import { Format } from '../../core/format';
import { Market } from '../../core/market';
import { Preferences } from '../../core/preferences';
import { Problem } from '../../core/problem';
import { stored } from '../../core/storage';
import { Icon } from '../../ui/icon';
import { Segments } from '../../ui/segments';
import { Failure, Skeleton } from '../../ui/state';
import { OwnOrders } from '../own-orders';
import { CandleTable } from './candle-table';
import { Candles } from './candles';
import type { Engine, OrderLine, Overlay, Writing } from './engine';
import { movingAverage, relativeStrength } from './indicators';
import { Legend } from './legend';
import { paletteOf } from './palette';
import { type Mark, marksOf } from './marks';
import { INTERVALS, type Interval, spanMs } from './series';

const SHOWN = [
  { key: 'volume', label: 'Volume' },
  { key: 'ma20', label: 'Moving average, 20' },
  { key: 'ma50', label: 'Moving average, 50' },
  { key: 'rsi', label: 'Relative strength, 14' },
  { key: 'orders', label: 'My open orders' },
  { key: 'fills', label: 'My fills' },
] as const;
type Shown = (typeof SHOWN)[number]['key'];

/** Candles and volume of one instrument, live, with a table of the same figures. */
@Component({
  selector: 'souk-chart',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuItemCheckbox,
    CdkMenuTrigger,
    Icon,
    Segments,
    Skeleton,
    Failure,
    Legend,
    CandleTable,
  ],
  providers: [Candles],
  templateUrl: './chart.html',
  styleUrl: './chart.css',
})
export class Chart {
  readonly instrument = input.required<string>();

  protected readonly candles = inject(Candles);
  protected readonly feed = inject(Feed);
  private readonly market = inject(Market);
  private readonly orders = inject(OwnOrders);
  private readonly format = inject(Format);
  private readonly preferences = inject(Preferences);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly canvas = viewChild.required<ElementRef<HTMLElement>>('canvas');

  protected readonly options = SHOWN;
  protected readonly intervals = INTERVALS.map((value) => ({ value, label: value }));
  protected readonly interval = stored<Interval>('chart-interval', '15m');
  protected readonly shown = stored<readonly Shown[]>('chart-shown', ['volume', 'orders', 'fills']);
  protected readonly asTable = stored('chart-as-table', false);

  protected readonly engine = signal<Engine | null>(null);
  protected readonly loadProblem = signal<Problem | null>(null);
  protected readonly crossed = signal<Candle | null>(null);
  protected readonly told = computed(() => this.crossed() ?? this.candles.all()?.at(-1) ?? null);
  protected readonly base = computed(() => this.market.instrument(this.instrument())?.base ?? '');
  private readonly tick = computed(
    () => this.market.instrument(this.instrument())?.tick_size ?? '0.01',
  );

  protected readonly summary = computed(() => {
    const [all, interval] = [this.candles.all(), this.interval()];
    const last = all?.at(-1);
    if (!last) return `Chart of ${this.instrument()}, without a trade yet`;
    const price = this.format.number(last.close);
    return `Chart of ${this.instrument()}, ${all?.length} candles of ${interval}, last price ${price}. The table has the same figures.`;
  });

  constructor() {
    effect(() => {
      const [instrument, interval] = [this.instrument(), this.interval()];
      untracked(() => this.candles.follow(instrument, interval));
    });
    afterNextRender(() => void this.load());
    inject(DestroyRef).onDestroy(() => this.engine()?.destroy());
    effect(() => {
      this.preferences.dark();
      this.engine()?.paint(paletteOf(this.host.nativeElement));
    });
    effect(() => this.engine()?.show(this.candles.all() ?? []));
    effect(() => this.engine()?.showVolume(this.isShown('volume')));
    effect(() => {
      this.preferences.dark();
      this.engine()?.showOverlays(this.overlays());
    });
    effect(() => {
      this.preferences.dark();
      this.engine()?.showMarks(this.marks());
    });
    effect(() => {
      this.preferences.dark();
      this.engine()?.showOrders(this.orderLines());
    });
  }

  protected async load(): Promise<void> {
    this.loadProblem.set(null);
    try {
      const { Engine } = await import('./engine');
      const minMove = Number(untracked(this.tick));
      const host = this.canvas().nativeElement;
      const engine = new Engine(host, paletteOf(host), this.writing(), minMove);
      engine.onNearStart(() => void this.candles.older());
      engine.onCross((candle) => this.crossed.set(candle));
      this.engine.set(engine);
    } catch {
      this.loadProblem.set(new Problem(0, 'UNREACHABLE', 'the chart could not be loaded'));
    }
  }

  protected isShown(key: Shown): boolean {
    return this.shown().includes(key);
  }

  protected toggle(key: Shown): void {
    this.shown.update((shown) =>
      shown.includes(key) ? shown.filter((each) => each !== key) : [...shown, key],
    );
  }

  /** The arrow keys move along, plus and minus zoom, as the buttons do. */
  protected pressed(event: KeyboardEvent): void {
    const engine = this.engine();
    const acts: Record<string, (() => void) | undefined> = {
      ArrowLeft: () => engine?.scroll(-5),
      ArrowRight: () => engine?.scroll(5),
      '+': () => engine?.zoom(1.25),
      '-': () => engine?.zoom(0.8),
      Home: () => engine?.reset(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private readonly overlays = computed<readonly Overlay[]>(() => {
    const [all, shown] = [this.candles.all() ?? [], this.shown()];
    if (!shown.some((key) => key === 'ma20' || key === 'ma50' || key === 'rsi')) return [];
    const closes = all.map(({ close }) => Number(close));
    const overlays: Overlay[] = [];
    const add = (key: Shown, overlay: Overlay) => shown.includes(key) && overlays.push(overlay);
    const over = { isBelow: false } as const;
    add('ma20', { name: 'ma20', colour: 'accent', line: movingAverage(closes, 20), ...over });
    add('ma50', { name: 'ma50', colour: 'warn', line: movingAverage(closes, 50), ...over });
    const strength = relativeStrength(closes, 14);
    add('rsi', { name: 'rsi', colour: 'accent', line: strength, isBelow: true });
    return overlays;
  });

  private readonly marks = computed<readonly Mark[]>(() => {
    if (!this.shown().includes('fills') || !this.candles.all()?.length) return [];
    return marksOf(this.orders.recent(), spanMs(this.interval()));
  });

  private readonly orderLines = computed<readonly OrderLine[]>(() => {
    if (!this.shown().includes('orders')) return [];
    return this.orders.resting().flatMap(({ price, order_type, remaining_quantity }) => {
      const isBuy = order_type === 'BUY';
      const label = `${isBuy ? 'Buy' : 'Sell'} ${this.format.short(remaining_quantity)}`;
      return price ? [{ price: Number(price), isBuy, label }] : [];
    });
  });

  private writing(): Writing {
    const { format } = this;
    return {
      price: (figure) => {
        const digits = decimalsOf(this.tick());
        const text = figure.toFixed(digits);
        return Decimal.parse(text) ? format.number(text) : text;
      },
      time: (ms) => format.dayTime(ms),
      tick: (ms, kind) => {
        if (kind === 'time') return format.minute(ms);
        if (kind === 'day') return format.day(ms);
        return kind === 'month' ? format.month(ms) : format.year(ms);
      },
    };
  }
}
