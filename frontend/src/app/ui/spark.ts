import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const WIDTH = 96;
const HEIGHT = 28;

/** A small line of figures; what it shows is said beside it, so it is silent to screen readers. */
@Component({
  selector: 'souk-spark',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { 'aria-hidden': 'true' },
  template: `
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">
      @if (line(); as points) {
        <polyline [attr.points]="points" [class]="tone()" />
      } @else {
        <line x1="0" y1="14" x2="${WIDTH}" y2="14" class="flat" />
      }
    </svg>
  `,
  styles: `
    :host {
      display: inline-block;
      line-height: 0;
    }
    svg * {
      fill: none;
      stroke-width: 1.5;
      stroke-linejoin: round;
    }
    .up {
      stroke: var(--up);
    }
    .down {
      stroke: var(--down);
    }
    .flat {
      stroke: var(--line-strong);
      stroke-dasharray: 2 4;
    }
  `,
})
export class Spark {
  /** Oldest first. */
  readonly values = input.required<readonly number[]>();

  protected readonly tone = computed(() => {
    const values = this.values();
    return (values.at(-1) ?? 0) < (values[0] ?? 0) ? 'down' : 'up';
  });

  protected readonly line = computed(() => {
    const values = this.values();
    if (values.length < 2) return null;
    const low = Math.min(...values);
    const range = Math.max(...values) - low || 1;
    return values
      .map((value, index) => {
        const x = (index / (values.length - 1)) * WIDTH;
        const y = HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4);
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(' ');
  });
}
