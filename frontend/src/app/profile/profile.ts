import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';
import { Avatar } from '../ui/avatar';
import { Confirm } from '../ui/confirm';
import { When, Words } from '../ui/figures';
import { Icon } from '../ui/icon';
import { ChangePassword } from './change-password';
import { Details } from './details';
import { ProfileTabs } from './profile-tabs';
import { ReputationPanel } from './reputation';
import { Reviews } from './reviews';

/** One's own account: what it says of oneself, its security, and what others think. */
@Component({
  selector: 'souk-profile',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    ChangePassword,
    Details,
    Icon,
    ProfileTabs,
    ReputationPanel,
    Reviews,
    RouterLink,
    When,
    Words,
  ],
  template: `
    <div class="page">
      @if (session.user(); as user) {
        <div class="page-head">
          <div class="row">
            <souk-avatar [name]="user.username" />
            <div>
              <h1>{{ user.username }}</h1>
              <p class="muted">
                @if (user.role !== 'USER') {
                  <span class="chip accent">{{ user.role | words }}</span>
                }
                Member since {{ user.created_at | when: 'date' }}
              </p>
            </div>
          </div>
          <a class="button" [routerLink]="['/profile', user.username]">
            <souk-icon name="eye" [size]="16" />As others see you
          </a>
        </div>
        <souk-profile-tabs />
        <div class="columns">
          <div class="stack">
            <souk-details class="panel" />
            <souk-change-password class="panel" />
            <section class="panel" aria-labelledby="sessions">
              <div class="panel-head"><h2 id="sessions">Sessions</h2></div>
              <div class="stack body">
                <p class="muted">
                  Logging out ends every session of yours: on this device, on all others, and those
                  of programs that use your token.
                </p>
                <button type="button" class="button" (click)="logOut()">Log out everywhere</button>
              </div>
            </section>
          </div>
          <div class="stack">
            <souk-reputation class="panel" [username]="user.username" />
            <souk-reviews class="panel" [username]="user.username" />
          </div>
        </div>
      }
    </div>
  `,
  styles: `
    .columns {
      display: grid;
      grid-template-columns: minmax(0, 5fr) minmax(0, 7fr);
      gap: 12px;
      align-items: start;
    }
    .body {
      padding: 16px;
    }
    .body .button {
      justify-self: start;
    }
    @media (width < 900px) {
      .columns {
        grid-template-columns: minmax(0, 1fr);
      }
    }
  `,
})
export class ProfilePage {
  protected readonly session = inject(Session);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);

  protected async logOut(): Promise<void> {
    const yes = await this.confirm.ask({
      title: 'Log out everywhere?',
      text: 'You have to log in again on each device. Open orders and P2P trades go on.',
      yes: 'Log out everywhere',
      tone: 'danger',
    });
    if (!yes) return;
    try {
      await this.session.logout();
      this.toasts.show('All your sessions were ended.', 'good');
    } catch {
      this.toasts.show('You are logged out here; the exchange could not be told.', 'bad');
    }
  }
}
