import { Dialog } from '@angular/cdk/dialog';
import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { Feed } from '../core/feed';
import { Format } from '../core/format';
import { Notices } from '../core/notices';
import { Preferences, type Theme } from '../core/preferences';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';
import { Icon, type IconName } from '../ui/icon';
import { NoticeList } from './notice-list';
import { Palette } from './palette';

interface Place {
  link: string;
  label: string;
  icon: IconName;
}

const THEMES: readonly { value: Theme; label: string; icon: IconName }[] = [
  { value: 'system', label: 'As the system', icon: 'system' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
];

/** What stands around every page: navigation, the connection's banner, toasts. */
@Component({
  selector: 'souk-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { '(document:keydown)': 'pressed($event)' },
  imports: [
    CdkMenu,
    CdkMenuItem,
    CdkMenuTrigger,
    RouterLink,
    RouterLinkActive,
    RouterOutlet,
    Icon,
    NoticeList,
  ],
  templateUrl: './shell.html',
  styleUrl: './shell.css',
})
export class Shell {
  protected readonly session = inject(Session);
  protected readonly feed = inject(Feed);
  protected readonly notices = inject(Notices);
  protected readonly toasts = inject(Toasts);
  protected readonly preferences = inject(Preferences);
  private readonly format = inject(Format);
  private readonly dialog = inject(Dialog);

  protected readonly themes = THEMES;
  protected readonly themeIcon = computed(
    () => THEMES.find(({ value }) => value === this.preferences.theme())?.icon ?? 'system',
  );

  protected readonly places = computed<readonly Place[]>(() => {
    const places: Place[] = [
      { link: '/trade', label: 'Trade', icon: 'trade' },
      { link: '/p2p', label: 'P2P', icon: 'p2p' },
    ];
    if (!this.session.isLoggedIn()) return places;
    places.unshift({ link: '/dashboard', label: 'Dashboard', icon: 'dashboard' });
    places.push({ link: '/wallets', label: 'Wallets', icon: 'wallet' });
    places.push({ link: '/disputes', label: 'Disputes', icon: 'disputes' });
    if (this.session.isAdmin()) places.push({ link: '/admin', label: 'Admin', icon: 'admin' });
    return places;
  });

  protected readonly endsIn = computed(() => {
    const left = this.session.endsIn();
    return left === null ? null : this.format.countdown(left);
  });

  /** Ctrl+K, or Cmd+K. */
  protected pressed(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey)
      return;
    event.preventDefault();
    this.openPalette();
  }

  protected openPalette(): void {
    if (this.dialog.openDialogs.length > 0) return;
    this.dialog.open(Palette, { panelClass: 'dialog-pane', ariaLabelledBy: 'palette' });
  }

  protected logout(): void {
    // Without an answer the token is forgotten here all the same.
    void this.session.logout().catch(() => undefined);
  }
}
