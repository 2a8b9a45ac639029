import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Notification } from '../core/client';
import { Notices } from '../core/notices';
import { When } from '../ui/figures';
import { Segments } from '../ui/segments';
import { Empty, Failure, Skeleton } from '../ui/state';
import { ProfileTabs } from './profile-tabs';

const KINDS = [
  { value: 'all', label: 'All' },
  { value: 'orders', label: 'Orders' },
  { value: 'p2p', label: 'P2P' },
  { value: 'account', label: 'Account' },
];

/** All that the exchange told, newest first: what was done with one's account, orders and trades. */
@Component({
  selector: 'souk-notifications',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, ProfileTabs, RouterLink, Segments, Skeleton, When],
  template: `
    <div class="page">
      <div class="page-head">
        <h1>Notifications</h1>
        <button
          type="button"
          class="button"
          [disabled]="notices.unread() === 0 || busy()"
          (click)="markAllRead()"
        >
          Mark all read
        </button>
      </div>
      <souk-profile-tabs />
      <souk-segments label="Kind" [segments]="kinds" [(value)]="kind" />
      <section class="panel" aria-label="Notifications">
        @if (pages.state() === 'failed') {
          <souk-failure [problem]="pages.problem()" (retry)="pages.reload()" />
        } @else if (pages.isFirstLoad()) {
          <souk-skeleton [lines]="8" />
        } @else {
          @if (rows().length) {
            <ul>
              @for (notice of rows(); track notice.id) {
                <li>
                  <span class="dot" [class.unread]="!notice.read"></span>
                  <span>
                    @if (!notice.read) {
                      <span class="sr-only">Unread: </span>
                    }
                    @if (notices.link(notice); as link) {
                      <a [routerLink]="link">{{ notices.sentence(notice) }}</a>
                    } @else {
                      {{ notices.sentence(notice) }}
                    }
                  </span>
                  <span class="num muted small">{{ notice.created_at | when }}</span>
                </li>
              }
            </ul>
          } @else {
            <souk-empty icon="bell" text="Nothing of this kind." />
          }
          @if (pages.hasMore()) {
            <div class="more">
              <button
                type="button"
                class="button small"
                [disabled]="pages.state() === 'loading'"
                (click)="pages.more()"
              >
                Show more
              </button>
            </div>
          }
        }
      </section>
    </div>
  `,
  styles: `
    souk-segments {
      justify-self: start;
    }
    li {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr) auto;
      gap: 4px 12px;
      align-items: center;
      min-height: 44px;
      padding: 8px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    li a {
      color: var(--text);
    }
    .dot {
      width: 8px;
      height: 8px;
      border-radius: 50%;
    }
    .unread {
      background: var(--accent);
    }
    .more {
      padding: 10px;
      text-align: center;
    }
    @media (width < 700px) {
      li .num {
        grid-column: 2;
      }
    }
  `,
})
export class NotificationsPage {
  protected readonly notices = inject(Notices);
  protected readonly pages = this.notices.pages;
  protected readonly kinds = KINDS;
  protected readonly kind = signal('all');
  protected readonly busy = signal(false);
  protected readonly rows = computed(() => {
    const kind = this.kind();
    return this.pages.rows().filter((notice) => kind === 'all' || kindOf(notice) === kind);
  });

  protected async markAllRead(): Promise<void> {
    this.busy.set(true);
    await this.notices.markAllRead().catch(() => undefined);
    this.busy.set(false);
  }
}

function kindOf({ type }: Notification): string {
  if (/^(ORDER_|STOP_|SWITCH_)/.test(type)) return 'orders';
  return /^(P2P_|AD_|REVIEWED)/.test(type) ? 'p2p' : 'account';
}
