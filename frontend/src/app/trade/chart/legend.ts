import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { Candle } from '../../core/client';
import { Decimal } from '../../core/decimal';
import { Figure, Percent, When } from '../../ui/figures';

/** The figures of the candle under the crosshair, or of the last one. */
@Component({
  selector: 'souk-legend',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure, Percent, When],
  host: { class: 'num' },
  template: `
    <span class="muted">{{ candle().start | when: 'short' }}</span>
    <span><b>O</b> {{ candle().open | figure }}</span>
    <span><b>H</b> {{ candle().high | figure }}</span>
    <span><b>L</b> {{ candle().low | figure }}</span>
    <span
      ><b>C</b> <span [class]="tone()">{{ candle().close | figure }}</span></span
    >
    <span [class]="tone()">{{ change() | percent }}</span>
    <span><b>Vol</b> {{ candle().volume | figure }} {{ base() }}</span>
  `,
  styles: `
    :host {
      display: flex;
      flex-wrap: wrap;
      gap: 0 10px;
      max-width: calc(100% - 80px);
      font-size: 12px;
    }
    b {
      color: var(--muted);
      font-weight: 500;
    }
  `,
})
export class Legend {
  readonly candle = input.required<Candle>();
  readonly base = input.required<string>();

  protected readonly change = computed(() => {
    const [open, close] = [Decimal.of(this.candle().open), Decimal.of(this.candle().close)];
    if (!open.isPositive()) return null;
    return close.minus(open).times(Decimal.hundred).over(open, 2, 'nearest').toString();
  });
  protected readonly tone = computed(() => {
    const change = this.change();
    return change === null || Decimal.of(change).isZero()
      ? ''
      : change.startsWith('-')
        ? 'down'
        : 'up';
  });
}
