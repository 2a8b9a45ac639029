import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Balances } from '../core/balances';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Market } from '../core/market';
import { AssetTag } from '../ui/asset';
import { Figure, Money } from '../ui/figures';
import { Failure, Skeleton } from '../ui/state';
import { shareOf } from './share';

/** The balance of each asset, with its share of the whole. */
@Component({
  selector: 'souk-holdings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AssetTag, Failure, Figure, Money, RouterLink, Skeleton],
  template: `
    <div class="panel-head">
      <h2>Balances</h2>
      <a routerLink="/wallets" class="small">Wallets</a>
    </div>
    @if (balances.problem(); as problem) {
      <souk-failure [problem]="problem" (retry)="balances.load()" />
    } @else if (balances.isLoading()) {
      <souk-skeleton [lines]="6" />
    } @else {
      <ul [class.stale]="feed.isStale()">
        @for (row of rows(); track row.currency) {
          <li>
            <souk-asset [code]="row.currency" />
            <span class="num end">
              <span class="amount">{{ row.total | figure }}</span>
              @if (row.isLocked) {
                <span class="muted small">{{ row.available | figure }} available</span>
              }
            </span>
            <span class="bar" aria-hidden="true"
              ><span [class]="row.currency.toLowerCase()" [style.width.%]="row.width"></span
            ></span>
            <span class="num muted small end">
              @if (row.value) {
                {{ row.value | money: 'USD' }} · {{ row.share }}&nbsp;%
              } @else {
                no price yet
              }
            </span>
          </li>
        }
      </ul>
    }
  `,
  styles: `
    li {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
      gap: 4px 12px;
      align-items: center;
      padding: 10px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    .end {
      text-align: end;
    }
    .amount {
      display: block;
      font-weight: 600;
    }
    .bar {
      height: 6px;
      border-radius: 3px;
      background: var(--hover);
    }
    .bar span {
      display: block;
      min-width: 2px;
      height: 100%;
      border-radius: 3px;
      background: var(--accent);
    }
  `,
})
export class Holdings {
  protected readonly balances = inject(Balances);
  protected readonly feed = inject(Feed);
  private readonly market = inject(Market);

  protected readonly rows = computed(() => {
    const whole = this.balances.totalUsd();
    return this.balances.all().map(({ currency, available_balance, locked_balance, ...rest }) => {
      const value = this.market.usdValue(currency, rest.total_balance);
      const share = value ? shareOf(value, whole) : null;
      return {
        currency,
        available: available_balance,
        isLocked: Decimal.of(locked_balance).isPositive(),
        total: rest.total_balance,
        value: value?.toString(),
        share: share?.toString(),
        width: share?.toNumber() ?? 0,
      };
    });
  });
}
