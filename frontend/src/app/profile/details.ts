import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { type ProfileBody, changeMe } from '../core/client';
import { Command } from '../core/command';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';
import { Field } from '../ui/field';

/** One's name and email, to look at and to change. */
@Component({
  selector: 'souk-details',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <div class="panel-head">
      <h2>Account</h2>
      @if (!editing()) {
        <button type="button" class="button small" (click)="edit()">Edit</button>
      }
    </div>
    @if (session.user(); as user) {
      @if (editing()) {
        <form class="stack" (submit)="save($event)">
          @if (trouble(); as text) {
            <p class="note bad" role="alert">{{ text }}</p>
          }
          <souk-field label="Email" [error]="emailFault()">
            <input
              class="input"
              type="email"
              autocomplete="email"
              [value]="email()"
              (input)="email.set($any($event.target).value)"
            />
          </souk-field>
          <souk-field
            label="Full name"
            hint="Optional; only you and admins see it."
            [error]="command.problem()?.field('full_name') ?? null"
          >
            <input
              class="input"
              autocomplete="name"
              maxlength="100"
              [value]="name()"
              (input)="name.set($any($event.target).value)"
            />
          </souk-field>
          <div class="row">
            <button class="button primary" [disabled]="command.busy() || !email().includes('@')">
              {{ command.busy() ? 'Saving…' : 'Save' }}
            </button>
            <button type="button" class="button" (click)="editing.set(false)">Back</button>
          </div>
        </form>
      } @else {
        <dl class="facts">
          <dt>Username</dt>
          <dd>{{ user.username }}</dd>
          <dt>Email</dt>
          <dd>{{ user.email }}</dd>
          <dt>Full name</dt>
          <dd>{{ user.full_name || 'not given' }}</dd>
        </dl>
      }
    }
  `,
  styles: `
    form,
    dl {
      padding: 16px;
    }
    dd {
      overflow-wrap: anywhere;
    }
  `,
})
export class Details {
  protected readonly session = inject(Session);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();

  protected readonly editing = signal(false);
  protected readonly email = signal('');
  protected readonly name = signal('');
  protected readonly emailFault = computed(() => {
    const problem = this.command.problem();
    return problem?.code === 'EMAIL_TAKEN'
      ? 'There is an account with this email'
      : (problem?.field('email') ?? null);
  });
  protected readonly trouble = computed(() => {
    const problem = this.command.problem();
    return problem && !this.emailFault() && !problem.field('full_name') ? problem.sentence : null;
  });

  protected edit(): void {
    const user = this.session.user();
    this.email.set(user?.email ?? '');
    this.name.set(user?.full_name ?? '');
    this.command.problem.set(null);
    this.editing.set(true);
  }

  protected async save(event: Event): Promise<void> {
    event.preventDefault();
    const body: ProfileBody = { email: this.email().trim(), full_name: this.name().trim() || null };
    const user = await this.command.run(changeMe, { body });
    if (!user) return;
    this.session.update(user);
    this.editing.set(false);
    this.toasts.show('Your account was changed.', 'good');
  }
}
