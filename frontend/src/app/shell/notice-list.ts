import { CdkMenuItem } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { Notification } from '../core/client';
import { Notices } from '../core/notices';
import { When } from '../ui/figures';
import { Empty } from '../ui/state';

/** The notification centre's list, as the bell's menu. */
@Component({
  selector: 'souk-notice-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkMenuItem, RouterLink, When, Empty],
  template: `
    <div class="head">
      <span class="title" aria-hidden="true">Notifications</span>
      <button
        type="button"
        cdkMenuItem
        class="button small"
        [cdkMenuItemDisabled]="notices.unread() === 0"
        (cdkMenuItemTriggered)="markAllRead()"
      >
        Mark all read
      </button>
    </div>
    @if (pages.state() === 'failed') {
      <button type="button" cdkMenuItem class="notice" (cdkMenuItemTriggered)="pages.reload()">
        {{ pages.problem()?.sentence }} Try again
      </button>
    } @else if (pages.isFirstLoad()) {
      <button type="button" cdkMenuItem class="notice" [cdkMenuItemDisabled]="true">
        Reading…
      </button>
    } @else {
      @for (notice of pages.rows(); track notice.id) {
        <button type="button" cdkMenuItem class="notice" (cdkMenuItemTriggered)="open(notice)">
          <span class="dot" [class.unread]="!notice.read"></span>
          <span>
            @if (!notice.read) {
              <span class="sr-only">Unread: </span>
            }
            {{ notices.sentence(notice) }}
            <span class="at">{{ notice.created_at | when: 'short' }}</span>
          </span>
        </button>
      } @empty {
        <souk-empty icon="bell" text="Nothing yet. Fills, P2P trades and disputes show up here." />
      }
      @if (pages.rows().length) {
        <a cdkMenuItem class="all" routerLink="/profile/notifications">All notifications</a>
      }
    }
  `,
  styles: `
    :host {
      width: min(360px, calc(100vw - 16px));
      max-height: min(520px, calc(100dvh - 80px));
      overflow: auto;
    }
    .head {
      display: flex;
      align-items: center;
      justify-content: space-between;
      padding: 4px 8px 8px;
    }
    .title {
      font-size: 15px;
      font-weight: 600;
    }
    .notice {
      display: flex;
      gap: 10px;
      align-items: baseline;
      padding: 8px;
      border: 0;
      border-radius: 6px;
      background: none;
      text-align: start;
    }
    .notice:hover,
    .notice:focus-visible {
      background: var(--hover);
    }
    .dot {
      flex: none;
      width: 8px;
      height: 8px;
      border-radius: 50%;
    }
    .unread {
      background: var(--accent);
    }
    .all {
      justify-content: center;
      min-height: 36px;
      padding: 8px;
      color: var(--accent);
      text-align: center;
    }
    .at {
      display: block;
      color: var(--muted);
      font-size: 12px;
    }
  `,
})
export class NoticeList {
  protected readonly notices = inject(Notices);
  protected readonly pages = this.notices.pages;
  private readonly router = inject(Router);

  protected markAllRead(): void {
    void this.notices.markAllRead().catch(() => undefined);
  }

  protected open(notice: Notification): void {
    const link = this.notices.link(notice);
    if (link) void this.router.navigateByUrl(link);
  }
}
