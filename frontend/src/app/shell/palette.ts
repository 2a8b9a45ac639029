import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { Router } from '@angular/router';
import { Market } from '../core/market';
import { Preferences } from '../core/preferences';
import { Session } from '../core/session';
import { Icon } from '../ui/icon';
import { type Entry, entriesFor, found } from './palette-entries';

/** Goes anywhere by typing: pages, instruments, people, and the few things that need no page. */
@Component({
  selector: 'souk-palette',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <h2 id="palette" class="sr-only">Go to</h2>
    <div class="box">
      <souk-icon name="search" />
      <input
        role="combobox"
        aria-label="Go to"
        aria-autocomplete="list"
        aria-controls="palette-list"
        aria-expanded="true"
        autocomplete="off"
        spellcheck="false"
        placeholder="A page, an instrument, or @username"
        [value]="typed()"
        [attr.aria-activedescendant]="shown().length ? 'palette-' + at() : null"
        (input)="type($any($event.target).value)"
        (keydown)="key($event)"
      />
    </div>
    <div id="palette-list" role="listbox" aria-label="Matches">
      @for (entry of shown(); track entry.label) {
        <button
          type="button"
          role="option"
          tabindex="-1"
          [id]="'palette-' + $index"
          [attr.aria-selected]="$index === at()"
          (pointermove)="at.set($index)"
          (click)="go(entry)"
        >
          <souk-icon [name]="entry.icon" [size]="16" />
          <span>{{ entry.label }}</span>
          <span class="muted small">{{ entry.about }}</span>
        </button>
      }
    </div>
    @if (shown().length === 0) {
      <p class="muted none" role="status">Nothing of this name.</p>
    }
  `,
  styles: `
    .box {
      display: flex;
      gap: 10px;
      align-items: center;
      padding: 4px 16px;
      border-bottom: 1px solid var(--line);
      color: var(--muted);
    }
    .box:focus-within {
      box-shadow: inset 0 -2px 0 var(--accent);
    }
    input {
      flex: 1;
      min-width: 0;
      min-height: 44px;
      border: 0;
      outline: none;
      background: none;
      color: var(--text);
      font-size: 16px;
    }
    [role='listbox'] {
      max-height: min(380px, 60vh);
      padding: 6px;
      overflow: auto;
    }
    [role='option'] {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr) auto;
      gap: 10px;
      align-items: center;
      width: 100%;
      min-height: 36px;
      padding: 4px 10px;
      border: 0;
      border-radius: 6px;
      background: none;
      text-align: start;
    }
    [aria-selected='true'] {
      background: var(--hover);
    }
    .none {
      padding: 8px 16px 20px;
      text-align: center;
    }
  `,
})
export class Palette {
  private readonly ref = inject(DialogRef);
  private readonly router = inject(Router);
  private readonly session = inject(Session);
  private readonly preferences = inject(Preferences);
  private readonly market = inject(Market);

  protected readonly typed = signal('');
  protected readonly at = signal(0);
  private readonly entries = computed(() =>
    entriesFor(this.session.user()?.role ?? null, this.market.instruments()),
  );
  protected readonly shown = computed(() => found(this.entries(), this.typed()));

  protected type(text: string): void {
    this.typed.set(text);
    this.at.set(0);
  }

  protected key(event: KeyboardEvent): void {
    const count = this.shown().length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count > 0) {
      event.preventDefault();
      this.at.update((at) => (at + step + count) % count);
      document.getElementById(`palette-${this.at()}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const entry = this.shown()[this.at()];
      if (entry) this.go(entry);
    }
  }

  protected go(entry: Entry): void {
    this.ref.close();
    if (entry.theme) this.preferences.theme.set(entry.theme);
    else if (entry.link) void this.router.navigateByUrl(entry.link);
    else void this.session.logout().catch(() => undefined);
  }
}
