import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { Session } from '../core/session';
import { Icon } from '../ui/icon';
import { OpenTrades } from './open-trades';

/** What stands around the P2P pages: their own navigation. */
@Component({
  selector: 'souk-p2p-frame',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterLinkActive, RouterOutlet, Icon],
  template: `
    <div class="bar">
      <nav class="tabs" aria-label="P2P">
        <a
          routerLink="/p2p"
          routerLinkActive
          [routerLinkActiveOptions]="exactly"
          ariaCurrentWhenActive="page"
          >Offers</a
        >
        @if (session.isLoggedIn()) {
          <a routerLink="/p2p/trades" routerLinkActive ariaCurrentWhenActive="page">
            Trades
            @if (awaiting(); as count) {
              <span class="count" aria-hidden="true">{{ count }}</span>
              <span class="sr-only">, {{ count }} waiting for you</span>
            }
          </a>
          <a routerLink="/p2p/ads" routerLinkActive ariaCurrentWhenActive="page">My ads</a>
          <a routerLink="/p2p/settings" routerLinkActive ariaCurrentWhenActive="page">Settings</a>
        }
      </nav>
      @if (session.isLoggedIn()) {
        <a class="button small primary" routerLink="/p2p/ads/new">
          <souk-icon name="plus" [size]="14" /><span>New ad</span>
        </a>
      }
    </div>
    <router-outlet />
  `,
  styles: `
    .bar {
      display: flex;
      gap: 8px;
      align-items: center;
      justify-content: space-between;
      max-width: 1200px;
      margin: 0 auto;
      padding: 6px 16px 0;
      border-bottom: 1px solid var(--line);
    }
    .tabs {
      border: 0;
    }
    .tabs a {
      display: flex;
      gap: 6px;
      align-items: center;
    }
    .button {
      flex: none;
    }
    .count {
      min-width: 17px;
      padding: 0 5px;
      border-radius: 99px;
      background: var(--accent);
      color: var(--on-accent);
      font-size: 11px;
      font-weight: 700;
      line-height: 17px;
      text-align: center;
    }
    @media (width < 700px) {
      .bar {
        padding: 2px 10px 0;
      }
      .tabs > * {
        padding: 8px;
      }
      .button {
        min-height: 30px;
      }
      .button span {
        position: absolute;
        width: 1px;
        height: 1px;
        overflow: hidden;
        clip-path: inset(50%);
      }
    }
  `,
})
export class Frame {
  protected readonly session = inject(Session);
  protected readonly exactly = {
    paths: 'exact',
    queryParams: 'ignored',
    matrixParams: 'ignored',
    fragment: 'ignored',
  } as const;
  private readonly trades = inject(OpenTrades);
  protected readonly awaiting = computed(() => this.trades.awaiting());
}
