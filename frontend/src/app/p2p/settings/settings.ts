import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';

/** Where one is paid, whom one likes to trade with, and whom not. */
@Component({
  selector: 'souk-p2p-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, RouterLinkActive, RouterOutlet],
  template: `
    <div class="page">
      <h1>P2P settings</h1>
      <nav class="tabs" aria-label="P2P settings">
        @for (tab of tabs; track tab.link) {
          <a [routerLink]="tab.link" routerLinkActive ariaCurrentWhenActive="page">{{
            tab.label
          }}</a>
        }
      </nav>
      <router-outlet />
    </div>
  `,
  styles: `
    .page {
      max-width: 900px;
    }
    router-outlet {
      display: none;
    }
  `,
})
export class Settings {
  protected readonly tabs = [
    { link: 'accounts', label: 'Payment accounts' },
    { link: 'favourites', label: 'Favourites' },
    { link: 'blocks', label: 'Blocks' },
  ];
}
