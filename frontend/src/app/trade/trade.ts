import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Market } from '../core/market';
import { Figure } from '../ui/figures';

/** The trading screen of one instrument. */
@Component({
  selector: 'souk-trade',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure],
  template: `
    <div class="page">
      <h1>{{ instrument() }}</h1>
      <p class="num">{{ ticker()?.last | figure }}</p>
    </div>
  `,
})
export class Trade {
  readonly instrument = input.required<string>();
  private readonly market = inject(Market);
  protected readonly ticker = computed(() => this.market.tickers()[this.instrument()]);
}
