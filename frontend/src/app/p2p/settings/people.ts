import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Command } from '../../core/command';
import { Toasts } from '../../core/toasts';
import { Field } from '../../ui/field';
import { Icon } from '../../ui/icon';
import { Empty, Failure, Skeleton } from '../../ui/state';
import { type ContactKind, Contacts } from '../contacts';

const TEXTS = {
  favourites: {
    title: 'Favourites',
    about: 'Their offers are marked, and you can look at theirs only.',
    add: 'Add',
    none: 'No favourites yet. Add people that you like to trade with.',
  },
  blocks: {
    title: 'Blocks',
    about:
      'You and a blocked user do not see each other’s offers and cannot trade. Trades that are open go on.',
    add: 'Block',
    none: 'You have blocked nobody.',
  },
} as const;

/** Favourites or blocked users: the same list with other words. */
@Component({
  selector: 'souk-people',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Empty, Failure, Field, Icon, Skeleton],
  template: `
    <section class="panel" aria-labelledby="people">
      <div class="panel-head">
        <h2 id="people">{{ text().title }}</h2>
        <span class="muted small">{{ people()?.length ?? 0 }}</span>
      </div>
      <form (submit)="add($event)">
        <p class="muted small">{{ text().about }}</p>
        <div class="line">
          <souk-field label="Username" [error]="trouble()">
            <input
              class="input"
              autocapitalize="none"
              autocomplete="off"
              spellcheck="false"
              maxlength="32"
              [value]="name()"
              (input)="name.set($any($event.target).value)"
            />
          </souk-field>
          <button
            type="submit"
            class="button primary"
            [disabled]="!name().trim() || command.busy()"
          >
            {{ text().add }}
          </button>
        </div>
      </form>
      @if (contacts.problem(); as problem) {
        <souk-failure [problem]="problem" (retry)="contacts.load()" />
      } @else if (!people()) {
        <souk-skeleton [lines]="3" />
      } @else {
        @if (people()!.length > 0) {
          <ul>
            @for (person of people(); track person.username) {
              <li>
                <a [routerLink]="['/profile', person.username]">{{ person.username }}</a>
                <button
                  type="button"
                  class="button small"
                  [attr.aria-label]="'Remove ' + person.username"
                  [disabled]="removal.busy()"
                  (click)="remove(person.username)"
                >
                  <souk-icon name="close" [size]="14" />Remove
                </button>
              </li>
            }
          </ul>
        } @else {
          <souk-empty [text]="text().none" />
        }
      }
    </section>
  `,
  styles: `
    form {
      display: grid;
      gap: 8px;
      padding: 12px 16px;
    }
    .line {
      display: grid;
      grid-template-columns: minmax(0, 320px) auto;
      gap: 8px;
      align-items: start;
      justify-content: start;
    }
    .line .button {
      margin-top: 22px;
      min-height: 36px;
    }
    li {
      display: flex;
      gap: 8px;
      align-items: center;
      justify-content: space-between;
      padding: 8px 16px;
      border-top: 1px solid var(--line);
    }
  `,
})
export class People {
  readonly kind = input.required<ContactKind>();

  protected readonly contacts = inject(Contacts);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly removal = new Command();
  protected readonly name = signal('');
  protected readonly text = computed(() => TEXTS[this.kind()]);
  protected readonly people = computed(() => {
    const all = this.contacts[this.kind()]();
    return all && [...all].sort((a, b) => a.username.localeCompare(b.username));
  });
  protected readonly trouble = computed(() => this.command.problem()?.sentence ?? null);

  protected async add(event: Event): Promise<void> {
    event.preventDefault();
    const name = this.name().trim().toLowerCase();
    if (name && (await this.contacts.add(this.kind(), name, this.command))) this.name.set('');
  }

  protected async remove(username: string): Promise<void> {
    if (!(await this.contacts.remove(this.kind(), username, this.removal)))
      this.toasts.show(this.removal.problem()?.sentence ?? 'Not removed.', 'bad');
  }
}
