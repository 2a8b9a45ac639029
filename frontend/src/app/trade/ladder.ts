import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  afterNextRender,
  computed,
  inject,
  input,
  linkedSignal,
  signal,
  viewChild,
} from '@angular/core';
import { Seconds } from '../core/clock';
import { Decimal } from '../core/decimal';
import { Market } from '../core/market';
import { Figure, When } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Skeleton } from '../ui/state';
import { type OwnPrices, type Row, groupings, ladderRows, spreadOf } from './ladder-rows';
import { LiveBook } from './live-book';
import { OwnOrders } from './own-orders';
import { Ticket } from './ticket';

const ROW_PX = 24;
const MIDDLE_PX = 34;
const NOTICE_MS = 10_000;

/** The order book: asks above, bids below, both best in the middle. A click takes the price. */
@Component({
  selector: 'souk-ladder',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure, When, Icon, Skeleton],
  host: {
    '[attr.data-resyncs]': 'book.resyncs()',
    '[attr.data-sequence]': 'book.view()?.sequence',
  },
  templateUrl: './ladder.html',
  styleUrl: './ladder.css',
})
export class Ladder {
  readonly instrument = input.required<string>();

  protected readonly book = inject(LiveBook);
  private readonly market = inject(Market);
  private readonly orders = inject(OwnOrders);
  private readonly ticket = inject(Ticket);
  private readonly seconds = inject(Seconds);
  private readonly stage = viewChild.required<ElementRef<HTMLElement>>('stage');

  private readonly height = signal(0);
  protected readonly count = computed(() =>
    Math.max(4, Math.floor((this.height() - MIDDLE_PX) / 2 / ROW_PX)),
  );

  protected readonly traded = computed(() => this.market.instrument(this.instrument()));
  private readonly ticker = computed(() => this.market.tickers()[this.instrument()]);
  /** The last price as it was when the instrument came up: the steps should not jump with each trade. */
  private readonly magnitude = linkedSignal<string | null | undefined, string | null>({
    source: () => this.ticker()?.last ?? this.traded()?.last_price,
    computation: (last, before) => {
      const kept = before?.value;
      return kept && last?.length === kept.length ? kept : (last ?? null);
    },
  });
  protected readonly steps = computed(() =>
    groupings(this.traded()?.tick_size ?? '0.01', this.magnitude()),
  );
  protected readonly step = linkedSignal({
    source: this.traded,
    computation: () => this.steps()[0] ?? '0.01',
  });

  private readonly own = computed<OwnPrices>(() => {
    const of = (side: string) =>
      this.orders
        .resting()
        .flatMap(({ order_type, price }) =>
          order_type === side && price ? [Decimal.of(price)] : [],
        );
    return { bids: of('BUY'), asks: of('SELL') };
  });

  protected readonly rows = computed(() => {
    const view = this.book.view();
    const step = Decimal.of(this.stepTexts());
    return view && ladderRows(view, step, this.count(), this.own());
  });
  /** At the tick itself prices keep the tick's decimals. */
  private readonly stepTexts = computed(() => {
    const [step, tick] = [this.step(), this.traded()?.tick_size];
    return tick && Decimal.of(step).equals(Decimal.of(tick)) ? tick : step;
  });
  protected readonly asks = computed(() => [...(this.rows()?.asks ?? [])].reverse());
  protected readonly spread = computed(() => {
    const view = this.book.view();
    return view && spreadOf(view);
  });
  protected readonly last = computed(() => this.ticker()?.last);
  /** Where the last price went, for its arrow. */
  protected readonly trend = linkedSignal<string | null | undefined, 'up' | 'down' | null>({
    source: this.last,
    computation: (last, before) => {
      const [now, then] = [Decimal.parse(last), Decimal.parse(before?.source)];
      if (!now || !then || now.equals(then)) return before?.value ?? null;
      return now.above(then) ? 'up' : 'down';
    },
  });

  protected readonly notice = computed(() => {
    const at = this.book.resyncedAt();
    return at !== null && this.seconds.now() - at < NOTICE_MS ? at : null;
  });

  /** The one line that the tab key reaches; the arrow keys move it. */
  protected readonly focused = signal<string | null>(null);
  protected readonly reachable = computed(() => {
    const rows = this.rows();
    const focused = this.focused();
    const isThere = [...(rows?.asks ?? []), ...(rows?.bids ?? [])].some(
      ({ price }) => price === focused,
    );
    return isThere ? focused : (rows?.asks[0]?.price ?? rows?.bids[0]?.price ?? null);
  });

  constructor() {
    const destroyed = inject(DestroyRef);
    afterNextRender(() => {
      const stage = this.stage().nativeElement;
      const observer = new ResizeObserver(([entry]) => this.height.set(entry!.contentRect.height));
      observer.observe(stage);
      destroyed.onDestroy(() => observer.disconnect());
    });
  }

  protected take(row: Row): void {
    this.focused.set(row.price);
    this.ticket.takePrice(row.price);
  }

  protected pressed(event: KeyboardEvent): void {
    const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const buttons = [...this.stage().nativeElement.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.min(buttons.length - 1, Math.max(0, at + move))]?.focus();
  }
}
