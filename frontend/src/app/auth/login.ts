import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Field } from '../ui/field';
import { Password } from './password';

/** Logs in, and goes back to where the person came from. */
@Component({
  selector: 'souk-login',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Field, Password],
  template: `
    <form class="panel" (submit)="submit($event)">
      <h1>Log in</h1>
      @if (notice(); as text) {
        <p class="note warn" role="status">{{ text }}</p>
      }
      @if (problem(); as problem) {
        <p class="note bad" role="alert">{{ problem.sentence }}</p>
      }
      <souk-field label="Username or email">
        <input
          class="input"
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          [value]="username()"
          (input)="username.set($any($event.target).value)"
        />
      </souk-field>
      <souk-password label="Password" autocomplete="current-password" [(value)]="password" />
      <label class="check">
        <input type="checkbox" [checked]="remember()" (change)="remember.set(!remember())" />
        Keep me logged in on this device
      </label>
      <button class="button primary wide" [disabled]="busy() || !isComplete()">
        {{ busy() ? 'Logging in…' : 'Log in' }}
      </button>
      <p class="muted">
        New here? <a routerLink="/register" [queryParams]="{ back: back() }">Create an account</a>
      </p>
    </form>
  `,
  styleUrl: './auth.css',
})
export class Login {
  /** Why the person is asked: `expired`, `ended`. */
  readonly why = input<string>();
  /** The page to go to afterwards. */
  readonly back = input<string>();

  private readonly session = inject(Session);
  private readonly router = inject(Router);

  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly remember = signal(true);
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly isComplete = computed(() => this.username().trim() && this.password());

  protected readonly notice = computed(() => {
    switch (this.why()) {
      case 'expired':
        return 'Your session has expired. Log in again to go on where you were.';
      case 'ended':
        return 'Your session was ended. Log in again to go on where you were.';
      default:
        return this.back() ? 'Log in to see that page.' : null;
    }
  });

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy() || !this.isComplete()) return;
    this.busy.set(true);
    this.problem.set(null);
    try {
      await this.session.login(this.username().trim(), this.password(), this.remember());
      await this.router.navigateByUrl(inside(this.back()));
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}

/** Only a path of this page; an address of elsewhere is not gone to. */
function inside(back: string | undefined): string {
  return back && /^\/(?![/\\])/.test(back) && !back.startsWith('/login') ? back : '/dashboard';
}
