import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  input,
  signal,
} from '@angular/core';
import { decimalsOf } from '../core/decimal';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { stored } from '../core/storage';
import { Segments } from '../ui/segments';
import { Empty, Skeleton } from '../ui/state';
import { depthCurves, stepPath, totalAt } from './depth-curve';
import { LiveBook } from './live-book';

const WIDTH = 1000;
const HEIGHT = 400;

/** How much stands in the book up to each price. Its figures are the ladder's. */
@Component({
  selector: 'souk-depth-chart',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Segments, Empty, Skeleton],
  template: `
    <div class="tools">
      <souk-segments
        class="dense"
        label="How far from the middle"
        [segments]="reaches"
        [(value)]="reach"
      />
    </div>
    <div class="stage" [class.stale]="book.isStale() && book.view()">
      @if (!book.view()) {
        <souk-skeleton [lines]="6" />
      } @else if (curves(); as shown) {
        <svg
          viewBox="0 0 ${WIDTH} ${HEIGHT}"
          preserveAspectRatio="none"
          role="img"
          [attr.aria-label]="summary()"
          (pointermove)="point($event)"
          (pointerleave)="pointed.set(null)"
        >
          <path class="bids" [attr.d]="bids()" />
          <path class="asks" [attr.d]="asks()" />
          @if (pointed(); as at) {
            <line [attr.x1]="at.x" [attr.x2]="at.x" y1="0" y2="${HEIGHT}" />
          }
        </svg>
        <p class="figures num" aria-hidden="true">
          <span>{{ price(shown.low) }}</span>
          <span class="told">{{ told() }}</span>
          <span>{{ price(shown.high) }}</span>
        </p>
      } @else {
        <souk-empty text="There are not orders on both sides." />
      }
    </div>
  `,
  styleUrl: './depth-chart.css',
})
export class DepthChart {
  readonly instrument = input.required<string>();

  protected readonly book = inject(LiveBook);
  private readonly format = inject(Format);
  private readonly market = inject(Market);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);

  protected readonly reaches = ['0.1', '1', '5', '20'].map((value) => ({
    value,
    label: `±${value} %`,
  }));
  protected readonly reach = stored('depth-reach', '1');
  protected readonly pointed = signal<{ x: number } | null>(null);

  protected readonly curves = computed(() => {
    const view = this.book.view();
    return view && depthCurves(view, Number(this.reach()));
  });
  protected readonly bids = computed(() => this.path('bids'));
  protected readonly asks = computed(() => this.path('asks'));
  private readonly traded = computed(() => this.market.instrument(this.instrument()));

  protected readonly summary = computed(() => {
    const curves = this.curves();
    if (!curves) return 'Depth of the book';
    const [bids, asks] = [curves.bids.at(-1)?.total ?? 0, curves.asks.at(-1)?.total ?? 0];
    return `Depth of the book: within ${this.reach()} percent stand bids of ${this.quantity(bids)} and asks of ${this.quantity(asks)}`;
  });

  protected readonly told = computed(() => {
    const [curves, at] = [this.curves(), this.pointed()];
    if (!curves || !at) return '';
    const price = curves.low + (at.x / WIDTH) * (curves.high - curves.low);
    const found = totalAt(curves, price);
    return `${this.price(price)}: ${found ? this.quantity(found.total) : 'nothing'}`;
  });

  protected point(event: PointerEvent): void {
    const box = this.host.nativeElement.querySelector('svg')?.getBoundingClientRect();
    if (box?.width) this.pointed.set({ x: ((event.clientX - box.left) / box.width) * WIDTH });
  }

  protected price(figure: number): string {
    return this.format.number(figure.toFixed(decimalsOf(this.traded()?.tick_size ?? '0.01')));
  }

  private quantity(figure: number): string {
    const digits = decimalsOf(this.traded()?.lot_size ?? '0.00001');
    return this.format.money(figure.toFixed(digits), this.traded()?.base ?? '');
  }

  private path(side: 'bids' | 'asks'): string {
    const curves = this.curves();
    if (!curves) return '';
    const edge = side === 'bids' ? curves.low : curves.high;
    return stepPath(curves[side], edge, curves, WIDTH, HEIGHT);
  }
}
