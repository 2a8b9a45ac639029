import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { Balance } from '../core/client';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Field } from '../ui/field';
import { Money } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Password } from './password';
import { bytesOf, strengthOf } from './strength';

/** Makes an account, shows what it begins with, and logs in. */
@Component({
  selector: 'souk-register',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Field, Icon, Money, Password],
  templateUrl: './register.html',
  styleUrl: './auth.css',
})
export class Register {
  /** The page to go to afterwards. */
  readonly back = input<string>();

  private readonly session = inject(Session);
  private readonly router = inject(Router);

  protected readonly username = signal('');
  protected readonly email = signal('');
  protected readonly password = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly granted = signal<readonly Balance[] | null>(null);
  protected readonly strength = computed(() => strengthOf(this.password()));

  protected readonly usernameFault = computed(() => {
    const username = this.username();
    if (username && !/^[a-z0-9_]{3,32}$/.test(username)) return '3 to 32 of a-z, 0-9 and _';
    return this.problem()?.code === 'USERNAME_TAKEN'
      ? 'This name is taken'
      : (this.problem()?.field('username') ?? null);
  });
  protected readonly emailFault = computed(() =>
    this.problem()?.code === 'EMAIL_TAKEN'
      ? 'There is an account with this email'
      : (this.problem()?.field('email') ?? null),
  );
  protected readonly passwordFault = computed(() => {
    const bytes = bytesOf(this.password());
    if (bytes > 71) return 'At most 71 bytes';
    return bytes > 0 && bytes < 8 ? 'At least 8 characters' : null;
  });
  protected readonly isComplete = computed(
    () =>
      this.username() &&
      this.email().includes('@') &&
      this.password() &&
      !this.passwordFault() &&
      /^[a-z0-9_]{3,32}$/.test(this.username()),
  );
  /** What belongs to no field. */
  protected readonly trouble = computed(() => {
    const problem = this.problem();
    return problem && !this.usernameFault() && !this.emailFault() ? problem.sentence : null;
  });

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy() || !this.isComplete()) return;
    this.busy.set(true);
    this.problem.set(null);
    const [username, email, password] = [this.username(), this.email().trim(), this.password()];
    try {
      const { wallets } = await this.session.register({ username, email, password });
      this.granted.set(wallets);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }

  protected async start(): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    try {
      await this.session.login(this.username(), this.password(), true);
      await this.router.navigateByUrl('/trade');
    } catch {
      await this.router.navigateByUrl('/login');
    }
  }
}
