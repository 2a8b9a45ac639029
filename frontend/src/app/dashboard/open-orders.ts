import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  signal,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, type Order, cancelOrder, listOrders } from '../core/client';
import { PaintClock } from '../core/clock';
import { Command } from '../core/command';
import { Feed, type FeedEvent } from '../core/feed';
import { Pages } from '../core/pages';
import { Toasts } from '../core/toasts';
import { Figure, When, Words } from '../ui/figures';
import { Empty, Failure, Skeleton } from '../ui/state';

const SHOWN_MAX = 4;
const OPEN = ['PENDING', 'PARTIALLY_FILLED'];

/** One's open orders, the newest of them; each can be cancelled here. */
@Component({
  selector: 'souk-open-orders',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, Figure, RouterLink, Skeleton, When, Words],
  template: `
    <div class="panel-head">
      <h2>
        Open orders
        @if (count()) {
          <span class="chip">{{ count() }}</span>
        }
      </h2>
      <a routerLink="/trade" class="small">All</a>
    </div>
    @if (pages.state() === 'failed') {
      <souk-failure [problem]="pages.problem()" (retry)="pages.reload()" />
    } @else if (pages.isFirstLoad()) {
      <souk-skeleton [lines]="3" />
    } @else {
      @if (shown().length) {
        <ul>
          @for (order of shown(); track order.id) {
            <li>
              <a [routerLink]="['/trade', order.instrument]">
                <span [class]="order.order_type === 'BUY' ? 'up' : 'down'">
                  {{ order.order_type | words }}
                </span>
                {{ order.instrument }}
              </a>
              <span class="num end">
                {{ order.remaining_quantity | figure }}
                @if (order.price ?? order.stop_price; as price) {
                  at {{ price | figure }}
                }
              </span>
              <span class="muted small">
                {{ order.order_subtype | words }} · {{ order.created_at | when: 'short' }}
              </span>
              <button
                type="button"
                class="button small"
                [attr.aria-label]="'Cancel order ' + order.id"
                [disabled]="command.busy()"
                (click)="cancel(order)"
              >
                {{ cancelling() === order.id && command.busy() ? 'Cancelling…' : 'Cancel' }}
              </button>
            </li>
          }
        </ul>
      } @else {
        <souk-empty text="No open orders.">
          <a class="button small" routerLink="/trade">Place one</a>
        </souk-empty>
      }
      @if (count() > shown().length) {
        <p class="muted small rest">and {{ count() - shown().length }} more</p>
      }
    }
  `,
  styles: `
    h2 {
      display: flex;
      gap: 8px;
      align-items: center;
    }
    li {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
      gap: 2px 12px;
      align-items: center;
      padding: 8px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    li a {
      color: var(--text);
      font-weight: 550;
      text-decoration: none;
    }
    li a:hover {
      text-decoration: underline;
    }
    li > .button {
      justify-self: end;
    }
    .end {
      text-align: end;
    }
    .rest {
      padding: 0 16px 12px;
    }
  `,
})
export class OpenOrders {
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly cancelling = signal('');
  protected readonly pages = new Pages<Order>((after) =>
    this.api.invoke(listOrders, { status: 'OPEN', limit: '500', after }),
  );
  protected readonly count = computed(() => this.pages.rows().length);
  protected readonly shown = computed(() => this.pages.rows().slice(0, SHOWN_MAX));

  private readonly paint = inject(PaintClock);
  private readonly changed = new Map<string, Order>();
  private readonly publish = () => this.merge();

  constructor() {
    const unwatch = inject(Feed).watch('orders', {
      event: (event) => this.heard(event),
      started: () => void this.pages.reload(),
    });
    inject(DestroyRef).onDestroy(() => {
      unwatch();
      this.paint.forget(this.publish);
    });
  }

  protected async cancel(order: Order): Promise<void> {
    this.cancelling.set(order.id);
    if (await this.command.run(cancelOrder, { id: order.id }))
      this.toasts.show(`Order ${order.id} was cancelled.`, 'good');
    else this.toasts.show(this.command.problem()?.sentence ?? 'It was not cancelled.', 'bad');
  }

  private heard(event: FeedEvent): void {
    if (event.type === 'resync') return void this.pages.reload();
    for (const order of (event.data as { orders: readonly Order[] }).orders)
      this.changed.set(order.id, order);
    this.paint.request(this.publish);
  }

  private merge(): void {
    const known = new Set(this.pages.rows().map(({ id }) => id));
    const fresh = [...this.changed.values()].filter(({ id }) => !known.has(id)).reverse();
    const rows = [...fresh, ...this.pages.rows()].map((row) => this.changed.get(row.id) ?? row);
    this.pages.rows.set(rows.filter(({ status }) => OPEN.includes(status)));
    this.changed.clear();
  }
}
