import { Injectable, effect, signal } from '@angular/core';
import { stored } from './storage';

export type Theme = 'system' | 'light' | 'dark';

/** What a person chose on this device; an empty locale or time zone is the browser's. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  readonly theme = stored<Theme>('theme', 'system');
  readonly locale = stored('locale', '');
  readonly timeZone = stored('time-zone', '');
  /** Whether large or far-off orders ask before they go out. */
  readonly confirmOrders = stored('confirm-orders', true);
  /** Whether fills and notices pop up as toasts; the notification centre keeps them either way. */
  readonly toasts = stored('toasts', true);
  readonly instrument = stored('instrument', 'BTC-USD');

  /** Light or dark as it is shown now. */
  readonly dark = signal(false);

  private readonly system = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.system.addEventListener('change', () => this.paint());
    effect(() => this.paint());
  }

  private paint(): void {
    const theme = this.theme();
    document.documentElement.dataset['theme'] = theme;
    this.dark.set(theme === 'dark' || (theme === 'system' && this.system.matches));
  }
}
