import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Seconds } from '../core/clock';
import { Format } from '../core/format';
import { Preferences, type Theme } from '../core/preferences';
import { Field } from '../ui/field';
import { Segments } from '../ui/segments';
import { ProfileTabs } from './profile-tabs';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];
const LOCALES = [
  'en-GB',
  'en-US',
  'en-IN',
  'de-DE',
  'de-CH',
  'es-ES',
  'fr-FR',
  'it-IT',
  'ja-JP',
  'ko-KR',
  'nl-NL',
  'pl-PL',
  'pt-BR',
  'sv-SE',
  'tr-TR',
  'zh-CN',
];

/** How this device shows things, and what it tells. */
@Component({
  selector: 'souk-preferences',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, ProfileTabs, Segments],
  template: `
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Preferences</h1>
          <p class="muted">They are kept on this device.</p>
        </div>
      </div>
      <souk-profile-tabs />
      <section class="panel" aria-labelledby="looks">
        <div class="panel-head"><h2 id="looks">Looks</h2></div>
        <div class="stack body">
          <souk-segments
            label="Theme"
            [segments]="themes"
            [value]="preferences.theme()"
            (valueChange)="preferences.theme.set($any($event))"
          />
          <div class="two">
            <souk-field label="Figures and dates as in" [hint]="sample()">
              <select class="input" (change)="preferences.locale.set($any($event.target).value)">
                <option value="" [selected]="!preferences.locale()">The browser's language</option>
                @for (locale of locales; track locale.code) {
                  <option [value]="locale.code" [selected]="locale.code === preferences.locale()">
                    {{ locale.name }}
                  </option>
                }
              </select>
            </souk-field>
            <souk-field label="Time zone" [hint]="now()">
              <select class="input" (change)="preferences.timeZone.set($any($event.target).value)">
                <option value="" [selected]="!preferences.timeZone()">The system's</option>
                @for (zone of zones; track zone) {
                  <option [value]="zone" [selected]="zone === preferences.timeZone()">
                    {{ zone }}
                  </option>
                }
              </select>
            </souk-field>
          </div>
        </div>
      </section>
      <section class="panel" aria-labelledby="notices">
        <div class="panel-head"><h2 id="notices">Notices and questions</h2></div>
        <div class="stack body">
          <label class="check">
            <input
              type="checkbox"
              [checked]="preferences.toasts()"
              (change)="preferences.toasts.set(!preferences.toasts())"
            />
            <span>
              Show fills and P2P events as they happen
              <span class="muted small">The notification centre keeps them either way.</span>
            </span>
          </label>
          <label class="check">
            <input
              type="checkbox"
              [checked]="preferences.confirmOrders()"
              (change)="preferences.confirmOrders.set(!preferences.confirmOrders())"
            />
            <span>
              Ask before large or far-off orders
              <span class="muted small">Other final steps always ask.</span>
            </span>
          </label>
        </div>
      </section>
    </div>
  `,
  styles: `
    .page {
      max-width: 760px;
    }
    .body {
      padding: 16px;
    }
    souk-segments {
      justify-self: start;
    }
    .two {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(240px, 1fr));
      gap: 16px;
    }
    .check .small {
      display: block;
    }
  `,
})
export class PreferencesPage {
  protected readonly preferences = inject(Preferences);
  private readonly format = inject(Format);
  private readonly seconds = inject(Seconds);

  protected readonly themes = THEMES;
  protected readonly locales = named(LOCALES);
  protected readonly zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  protected readonly sample = computed(
    () => `${this.format.money('1234567.89', 'USD')}, ${this.format.percent('-1.25')}`,
  );
  protected readonly now = computed(() => this.format.dateTime(this.seconds.now()));
}

function named(codes: readonly string[]): readonly { code: string; name: string }[] {
  const names = new Intl.DisplayNames('en', { type: 'language', languageDisplay: 'standard' });
  return codes
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
