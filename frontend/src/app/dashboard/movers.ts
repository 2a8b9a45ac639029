import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Market } from '../core/market';
import { Compact, Figure, Percent } from '../ui/figures';
import { Spark } from '../ui/spark';
import { Failure, Skeleton } from '../ui/state';
import { Hours } from './hours';

/** Each instrument with its last price, its last 24 hours as a line, and their change. */
@Component({
  selector: 'souk-movers',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Compact, Failure, Figure, Percent, RouterLink, Skeleton, Spark],
  template: `
    <div class="panel-head">
      <h2>Markets</h2>
      <a routerLink="/trade" class="small">Trade</a>
    </div>
    @if (market.problem(); as problem) {
      <souk-failure [problem]="problem" (retry)="market.load()" />
    } @else if (market.isLoading()) {
      <souk-skeleton [lines]="6" />
    } @else {
      <ul [class.stale]="feed.isStale()">
        @for (row of rows(); track row.name) {
          <li>
            <a [routerLink]="['/trade', row.name]">
              <span class="name">
                {{ row.name }}
                <span class="muted small num">24 h {{ row.volume | compact }} {{ row.quote }}</span>
              </span>
              <souk-spark [values]="row.line" />
              <span class="num end">
                <span class="last">{{ row.last | figure }}</span>
                <span class="small" [class]="row.tone">
                  @if (row.change) {
                    <span aria-hidden="true">{{ row.sign }}</span>
                    {{ row.change | percent }}
                  } @else {
                    <span class="muted">no trades in 24 h</span>
                  }
                </span>
              </span>
            </a>
          </li>
        }
      </ul>
    }
  `,
  styles: `
    li + li {
      border-top: 1px solid var(--line);
    }
    a:not(.small) {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 96px minmax(100px, auto);
      gap: 12px;
      align-items: center;
      min-height: 52px;
      padding: 6px 16px;
      color: var(--text);
      text-decoration: none;
    }
    a:not(.small):hover {
      background: var(--raised);
    }
    a:focus-visible {
      outline-offset: -2px;
    }
    .name {
      font-weight: 600;
    }
    .name .small,
    .last {
      display: block;
    }
    .name .small {
      font-weight: 400;
    }
    .last {
      font-weight: 600;
    }
    .end {
      text-align: end;
    }
  `,
})
export class Movers {
  protected readonly market = inject(Market);
  protected readonly feed = inject(Feed);
  private readonly hours = inject(Hours);

  protected readonly rows = computed(() => {
    const [tickers, histories] = [this.market.tickers(), this.hours.histories()];
    return this.market.instruments().map(({ name, quote, last_price }) => {
      const ticker = tickers[name];
      const last = ticker?.last ?? last_price ?? null;
      const change = ticker?.change_percent ?? null;
      return {
        name,
        quote,
        last,
        change,
        volume: ticker?.quote_volume,
        ...toneOf(change),
        line: lineOf(histories?.[name] ?? [], last),
      };
    });
  });
}

function toneOf(change: string | null): { tone: string; sign: string } {
  const sign = Decimal.parse(change)?.sign() ?? 0;
  if (sign === 0) return { tone: 'muted', sign: '' };
  return sign < 0 ? { tone: 'down', sign: '▾' } : { tone: 'up', sign: '▴' };
}

/** The closes of the last 24 hours and the price of now; drawn, so numbers will do. */
function lineOf(candles: readonly { open: string; close: string }[], last: string | null) {
  const day = candles.slice(-24);
  if (!day[0] || last === null) return [];
  return [day[0].open, ...day.slice(0, -1).map(({ close }) => close), last].map(Number);
}
