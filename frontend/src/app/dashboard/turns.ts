import { ChangeDetectionStrategy, Component, DestroyRef, computed, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, type P2PTrade, listP2PTrades } from '../core/client';
import { Seconds } from '../core/clock';
import { Feed, type FeedEvent } from '../core/feed';
import { Format } from '../core/format';
import { Pages } from '../core/pages';
import { Session } from '../core/session';
import { Money } from '../ui/figures';
import { Empty, Failure, Skeleton } from '../ui/state';
import { nextOf } from './next';

/** One's open P2P trades with who acts next; those that wait for oneself come first. */
@Component({
  selector: 'souk-turns',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, Money, RouterLink, Skeleton],
  template: `
    <div class="panel-head">
      <h2>
        P2P trades
        @if (mine()) {
          <span class="chip warn">{{ mine() }} for you</span>
        }
      </h2>
      <a routerLink="/p2p/trades" class="small">All</a>
    </div>
    @if (pages.state() === 'failed') {
      <souk-failure [problem]="pages.problem()" (retry)="pages.reload()" />
    } @else if (pages.isFirstLoad()) {
      <souk-skeleton [lines]="3" />
    } @else {
      @if (rows().length) {
        <ul>
          @for (row of rows(); track row.trade.id) {
            <li>
              <a [routerLink]="['/p2p/trades', row.trade.id]">
                <span class="what">
                  {{ row.isBuyer ? 'Buy' : 'Sell' }}
                  {{ row.trade.amount | money: row.trade.currency }}
                  <span class="muted small">
                    for {{ row.trade.total_fiat | money: row.trade.fiat_currency }}
                    {{ row.isBuyer ? 'from' : 'to' }} {{ row.other }}
                  </span>
                </span>
                <span class="turn">
                  <span class="chip" [class.warn]="row.next.isMine">
                    {{ row.next.isMine ? 'You: ' : '' }}{{ row.next.text }}
                  </span>
                  @if (row.left) {
                    <span class="num small muted">{{ row.left }} left</span>
                  }
                </span>
              </a>
            </li>
          }
        </ul>
      } @else {
        <souk-empty text="No open P2P trades.">
          <a class="button small" routerLink="/p2p">See the offers</a>
        </souk-empty>
      }
    }
  `,
  styles: `
    h2 {
      display: flex;
      gap: 8px;
      align-items: center;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    li a {
      display: grid;
      gap: 6px;
      padding: 10px 16px;
      color: var(--text);
      text-decoration: none;
    }
    li a:hover {
      background: var(--raised);
    }
    a:focus-visible {
      outline-offset: -2px;
    }
    .what {
      font-weight: 600;
    }
    .what .small {
      font-weight: 400;
    }
    .turn {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      align-items: center;
      justify-content: space-between;
    }
    .chip {
      white-space: normal;
    }
  `,
})
export class Turns {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly seconds = inject(Seconds);
  private readonly format = inject(Format);
  protected readonly pages = new Pages<P2PTrade>((after) =>
    this.api.invoke(listP2PTrades, { status: 'OPEN', limit: 100, after }),
  );

  private readonly turns = computed(() => {
    const me = this.session.user()?.username ?? '';
    const rows = this.pages.rows().map((trade) => ({
      trade,
      isBuyer: trade.buyer === me,
      other: trade.buyer === me ? trade.seller : trade.buyer,
      next: nextOf(trade, me),
    }));
    const late = '9999';
    return rows.sort(
      (a, b) =>
        Number(b.next.isMine) - Number(a.next.isMine) ||
        (a.trade.deadline ?? late).localeCompare(b.trade.deadline ?? late),
    );
  });
  protected readonly mine = computed(() => this.turns().filter(({ next }) => next.isMine).length);
  protected readonly rows = computed(() =>
    this.turns().map((row) => ({ ...row, left: this.left(row.trade.deadline) })),
  );

  constructor() {
    const unwatch = inject(Feed).watch('p2p', {
      event: (event) => this.heard(event),
      started: () => void this.pages.reload(),
    });
    inject(DestroyRef).onDestroy(unwatch);
  }

  private heard(event: FeedEvent): void {
    if (event.type !== 'p2p_message') void this.pages.reload();
  }

  private left(deadline: string | null | undefined): string | null {
    return deadline ? this.format.countdown(Date.parse(deadline) - this.seconds.now()) : null;
  }
}
