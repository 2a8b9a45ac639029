import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { Password } from '../auth/password';
import { bytesOf, strengthOf } from '../auth/strength';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';

/** Changes the password, which ends all other sessions. */
@Component({
  selector: 'souk-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Password],
  template: `
    <div class="panel-head"><h2>Password</h2></div>
    <form class="stack" (submit)="submit($event)">
      @if (trouble(); as text) {
        <p class="note bad" role="alert">{{ text }}</p>
      }
      <input
        class="sr-only"
        type="text"
        autocomplete="username"
        tabindex="-1"
        aria-hidden="true"
        readonly
        [value]="session.user()?.username"
      />
      <souk-password
        label="Current password"
        autocomplete="current-password"
        [error]="currentFault()"
        [(value)]="current"
      />
      <souk-password
        label="New password"
        autocomplete="new-password"
        [error]="nextFault()"
        [hint]="strength().label || 'At least 8 characters.'"
        [(value)]="next"
      />
      <p class="muted small">Your other sessions end; this one goes on.</p>
      <button class="button" [disabled]="busy() || !current() || !next() || !!nextFault()">
        {{ busy() ? 'Changing…' : 'Change password' }}
      </button>
    </form>
  `,
  styles: `
    form {
      padding: 16px;
    }
    .button {
      justify-self: start;
    }
  `,
})
export class ChangePassword {
  protected readonly session = inject(Session);
  private readonly toasts = inject(Toasts);

  protected readonly current = signal('');
  protected readonly next = signal('');
  protected readonly busy = signal(false);
  private readonly problem = signal<Problem | null>(null);
  protected readonly strength = computed(() => strengthOf(this.next()));
  protected readonly currentFault = computed(() =>
    this.problem()?.code === 'INVALID_CREDENTIALS' ? 'This is not your current password' : null,
  );
  protected readonly nextFault = computed(() => {
    const bytes = bytesOf(this.next());
    if (bytes > 71) return 'At most 71 bytes';
    if (bytes > 0 && bytes < 8) return 'At least 8 characters';
    return this.problem()?.field('new_password') ?? null;
  });
  protected readonly trouble = computed(() => {
    const problem = this.problem();
    const isTold = this.currentFault() || problem?.field('new_password');
    return problem && !isTold ? problem.sentence : null;
  });

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    this.busy.set(true);
    this.problem.set(null);
    try {
      await this.session.changePassword(this.current(), this.next());
      this.current.set('');
      this.next.set('');
      this.toasts.show('Your password was changed, and your other sessions have ended.', 'good');
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
