import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Feed } from '../core/feed';
import { Session } from '../core/session';
import { stored } from '../core/storage';
import { OpenOrders } from './open-orders';
import { OrderHistory } from './order-history';
import { OwnBalances } from './own-balances';
import { OwnFills } from './own-fills';
import { OwnOrders } from './own-orders';

type Tab = 'open' | 'history' | 'fills' | 'balances';

/** What is one's own on this screen: open orders, history, fills, balances. */
@Component({
  selector: 'souk-own-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, OpenOrders, OrderHistory, OwnFills, OwnBalances],
  template: `
    <div class="head">
      <div class="tabs" role="tablist" aria-label="Yours" (keydown)="pressed($event)">
        @for (each of tabs(); track each.key) {
          <button
            type="button"
            role="tab"
            [id]="'own-tab-' + each.key"
            aria-controls="own-tab-panel"
            [attr.aria-selected]="each.key === tab()"
            [tabindex]="each.key === tab() ? 0 : -1"
            (click)="tab.set(each.key)"
          >
            {{ each.label }}
          </button>
        }
      </div>
      @if (tab() !== 'balances' && session.isLoggedIn()) {
        <label class="check">
          <input
            type="checkbox"
            [checked]="orders.onlyThis()"
            (change)="orders.onlyThis.set(!orders.onlyThis())"
          />
          Only {{ instrument() }}
        </label>
      }
    </div>
    <div
      id="own-tab-panel"
      class="body"
      role="tabpanel"
      [class.stale]="session.isLoggedIn() && feed.isStale()"
      [attr.aria-labelledby]="'own-tab-' + tab()"
    >
      @if (!session.isLoggedIn()) {
        <p class="prompt">
          <a routerLink="/login" [queryParams]="{ back: '/trade/' + instrument() }">Log in</a> or
          <a routerLink="/register" [queryParams]="{ back: '/trade/' + instrument() }"
            >create an account</a
          >
          to trade and to see your orders here.
        </p>
      } @else {
        @switch (tab()) {
          @case ('open') {
            <souk-open-orders />
          }
          @case ('history') {
            <souk-order-history />
          }
          @case ('fills') {
            <souk-own-fills />
          }
          @case ('balances') {
            <souk-own-balances />
          }
        }
      }
    </div>
  `,
  styleUrl: './own-panel.css',
})
export class OwnPanel {
  readonly instrument = input.required<string>();

  protected readonly session = inject(Session);
  protected readonly orders = inject(OwnOrders);
  protected readonly feed = inject(Feed);
  protected readonly tab = stored<Tab>('trade-tab', 'open');

  protected readonly tabs = computed(() => {
    const count = this.session.isLoggedIn() ? this.orders.shown().length : 0;
    return [
      { key: 'open', label: count ? `Open orders (${count})` : 'Open orders' },
      { key: 'history', label: 'Order history' },
      { key: 'fills', label: 'Fills' },
      { key: 'balances', label: 'Balances' },
    ] as const;
  });

  protected pressed(event: KeyboardEvent): void {
    const tabs = this.tabs();
    const at = tabs.findIndex(({ key }) => key === this.tab());
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const { key } = tabs[(to + tabs.length) % tabs.length]!;
    this.tab.set(key);
    document.getElementById(`own-tab-${key}`)?.focus();
  }
}
