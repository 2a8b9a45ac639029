import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';

/** What stands around the admins' pages. */
@Component({
  selector: 'souk-admin',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterLinkActive, RouterOutlet],
  template: `
    <div class="page">
      <h1>Admin</h1>
      <nav class="tabs" aria-label="Admin">
        @for (tab of tabs; track tab.link) {
          <a
            [routerLink]="tab.link"
            routerLinkActive
            ariaCurrentWhenActive="page"
            [routerLinkActiveOptions]="{ exact: tab.exact }"
            >{{ tab.label }}</a
          >
        }
      </nav>
      <router-outlet />
    </div>
  `,
  styles: 'router-outlet { display: none; }',
})
export class Frame {
  protected readonly tabs = [
    { link: '/admin', label: 'System', exact: true },
    { link: '/admin/users', label: 'Users', exact: false },
    { link: '/admin/trades', label: 'P2P trades', exact: false },
    { link: '/disputes', label: 'Disputes', exact: true },
    { link: '/admin/metrics', label: 'Metrics', exact: true },
  ];
}
