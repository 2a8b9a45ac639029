import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  viewChild,
} from '@angular/core';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Figure, Percent } from '../ui/figures';
import { InstrumentPicker } from './instrument-picker';

/** What is traded here, and how it did in the last 24 hours. */
@Component({
  selector: 'souk-market-bar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure, Percent, InstrumentPicker],
  template: `
    <souk-instrument-picker [instrument]="instrument()" />
    @let figures = ticker();
    <div class="figures" [class.stale]="feed.isStale()">
      <p class="last num" [class]="tone()">
        <span class="sr-only">Last price</span>{{ figures?.last | figure }}
      </p>
      <dl>
        <div>
          <dt>24 h change</dt>
          <dd class="num" [class]="tone()">
            {{ signed(figures?.change) }} <span>({{ figures?.change_percent | percent }})</span>
          </dd>
        </div>
        <div>
          <dt>24 h high</dt>
          <dd class="num">{{ figures?.high | figure }}</dd>
        </div>
        <div>
          <dt>24 h low</dt>
          <dd class="num">{{ figures?.low | figure }}</dd>
        </div>
        <div>
          <dt>24 h volume ({{ traded()?.base }})</dt>
          <dd class="num">{{ figures?.volume | figure }}</dd>
        </div>
        <div>
          <dt>24 h volume ({{ traded()?.quote }})</dt>
          <dd class="num">{{ figures?.quote_volume | figure: 2 }}</dd>
        </div>
      </dl>
    </div>
    <ng-content />
  `,
  styleUrl: './market-bar.css',
})
export class MarketBar {
  readonly instrument = input.required<string>();

  /** For whoever opens it from elsewhere. */
  readonly picker = viewChild.required(InstrumentPicker);

  protected readonly feed = inject(Feed);
  private readonly market = inject(Market);
  private readonly format = inject(Format);
  protected readonly traded = computed(() => this.market.instrument(this.instrument()));
  protected readonly ticker = computed(() => this.market.tickers()[this.instrument()]);
  protected readonly tone = computed(() => {
    const change = Decimal.parse(this.ticker()?.change);
    return change?.isPositive() ? 'up' : change?.isZero() === false ? 'down' : '';
  });

  protected signed(change: string | null | undefined): string {
    return this.format.signed(change);
  }
}
