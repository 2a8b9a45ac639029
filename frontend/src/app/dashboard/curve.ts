import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { Format } from '../core/format';
import type { Point } from './equity';

const WIDTH = 600;
const HEIGHT = 140;

/** What everything was worth over time, as an area; the pointer reads a point of it. */
@Component({
  selector: 'souk-curve',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg
      role="img"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      [attr.aria-label]="summary()"
      (pointermove)="point($event)"
      (pointerleave)="at.set(null)"
    >
      <path class="area" [class.down]="!isUp()" [attr.d]="area()" />
      <path class="line" [class.down]="!isUp()" [attr.d]="line()" />
      @if (read(); as read) {
        <line class="cross" [attr.x1]="read.x" [attr.x2]="read.x" y1="0" y2="${HEIGHT}" />
      }
    </svg>
    <p class="axis num muted" aria-hidden="true">
      @if (read(); as read) {
        <span>{{ read.when }}</span>
        <strong>{{ read.usd }}</strong>
      } @else {
        <span>{{ ends()[0] }}</span>
        <span>{{ range() }}</span>
        <span>{{ ends()[1] }}</span>
      }
    </p>
  `,
  styles: `
    :host {
      display: grid;
      grid-template-rows: minmax(110px, 1fr) auto;
      grid-template-columns: minmax(0, 1fr);
      gap: 4px;
      min-width: 0;
    }
    svg {
      display: block;
      width: 100%;
      height: 100%;
      min-height: 110px;
      max-height: 200px;
      touch-action: pan-y;
    }
    path,
    line {
      vector-effect: non-scaling-stroke;
    }
    .line {
      fill: none;
      stroke: var(--up);
      stroke-width: 1.8;
      stroke-linejoin: round;
    }
    .line.down {
      stroke: var(--down);
    }
    .area {
      fill: var(--up-soft);
      opacity: 0.6;
    }
    .area.down {
      fill: var(--down-soft);
    }
    .cross {
      stroke: var(--line-strong);
      stroke-dasharray: 3 3;
    }
    .axis {
      display: flex;
      flex-wrap: wrap;
      gap: 0 12px;
      justify-content: space-between;
      font-size: 12px;
    }
    strong {
      color: var(--text);
    }
  `,
})
export class Curve {
  readonly points = input.required<readonly Point[]>();
  private readonly format = inject(Format);
  /** The number of the point that the pointer is over. */
  protected readonly at = signal<number | null>(null);

  /** Where each point is drawn. */
  private readonly places = computed(() => {
    const points = this.points();
    const values = points.map(({ usd }) => usd.toNumber());
    const [low, high] = [Math.min(...values), Math.max(...values)];
    // A calm day is a flat line, not a mountain range of cents.
    const range = Math.max(high - low, high * 0.002, 0.01);
    const middle = (low + high) / 2;
    const first = points[0]?.at ?? 0;
    const span = (points.at(-1)?.at ?? 0) - first || 1;
    return points.map(({ at }, index) => ({
      x: ((at - first) / span) * WIDTH,
      y: HEIGHT / 2 - (((values[index] ?? 0) - middle) / range) * (HEIGHT - 16),
    }));
  });

  protected readonly isUp = computed(() => {
    const points = this.points();
    return !(points.at(-1)?.usd.below(points[0]!.usd) ?? false);
  });

  protected readonly line = computed(
    () =>
      'M' +
      this.places()
        .map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`)
        .join('L'),
  );
  protected readonly area = computed(() => `${this.line()}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);

  protected readonly read = computed(() => {
    const index = this.at();
    const [point, place] = [this.points()[index ?? -1], this.places()[index ?? -1]];
    if (!point || !place) return null;
    return { x: place.x, when: this.format.dayTime(point.at), usd: this.money(point) };
  });

  protected readonly ends = computed(() => {
    const points = this.points();
    return [this.format.dayTime(points[0]?.at), 'now'];
  });

  protected readonly range = computed(() => {
    const sorted = [...this.points()].sort((a, b) => a.usd.compare(b.usd));
    const [low, high] = [sorted[0], sorted.at(-1)];
    return low && high ? `low ${this.money(low)}, high ${this.money(high)}` : '';
  });

  protected readonly summary = computed(() => {
    const points = this.points();
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last) return 'No data';
    const from = `${this.money(first)} on ${this.format.dayTime(first.at)}`;
    return `Total value from ${from} to ${this.money(last)} now, ${this.range()}`;
  });

  protected point(event: PointerEvent): void {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const distances = this.places().map((place) => Math.abs(place.x - x));
    this.at.set(distances.indexOf(Math.min(...distances)));
  }

  private money(point: Point): string {
    return this.format.money(point.usd.toString(), 'USD');
  }
}
