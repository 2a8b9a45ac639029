import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';
import { Session } from '../core/session';

/** The pages about oneself. */
@Component({
  selector: 'souk-profile-tabs',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterLinkActive],
  template: `
    <nav class="tabs" aria-label="Profile">
      @for (tab of session.isLoggedIn() ? tabs : []; track tab.link) {
        <a
          [routerLink]="tab.link"
          routerLinkActive
          ariaCurrentWhenActive="page"
          [routerLinkActiveOptions]="{ exact: true }"
          >{{ tab.label }}</a
        >
      }
    </nav>
  `,
})
export class ProfileTabs {
  protected readonly session = inject(Session);
  protected readonly tabs = [
    { link: '/profile', label: 'Account' },
    { link: '/profile/notifications', label: 'Notifications' },
    { link: '/profile/preferences', label: 'Preferences' },
    { link: '/p2p/settings', label: 'P2P settings' },
  ];
}
