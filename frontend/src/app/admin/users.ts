import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  signal,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  type AdminUser,
  Api,
  changeUser,
  user,
  type ChangeUserBody,
  type UserRole,
} from '../core/client';
import { Command } from '../core/command';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { When, Words } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Segments } from '../ui/segments';
import { Empty, Failure, Skeleton } from '../ui/state';
import { GiveMoney } from './give-money';

const ROLES = [
  { value: 'USER', label: 'User' },
  { value: 'ARBITRATOR', label: 'Arbitrator' },
  { value: 'ADMIN', label: 'Admin' },
];

/** Looks a user up; changes the role, freezes, gives money. */
@Component({
  selector: 'souk-users',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, GiveMoney, Icon, RouterLink, Segments, Skeleton, When, Words],
  templateUrl: './users.html',
  styleUrl: './look-up.css',
})
export class UsersPage {
  /** Whom the address names. */
  readonly username = input<string>();

  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  private readonly session = inject(Session);
  protected readonly command = new Command();
  protected readonly roles = ROLES;

  protected readonly typed = signal('');
  protected readonly found = signal<AdminUser | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly role = signal<UserRole>('USER');
  protected readonly isOneself = computed(
    () => this.found()?.username === this.session.user()?.username,
  );

  constructor() {
    effect(() => void this.read(this.username()));
  }

  protected find(event: Event): void {
    event.preventDefault();
    const name = this.typed().trim();
    if (name) void this.router.navigate(['/admin/users', name]);
  }

  protected async freeze(who: AdminUser): Promise<void> {
    const yes = await this.confirm.ask({
      title: who.frozen ? `Unfreeze ${who.username}?` : `Freeze ${who.username}?`,
      text: who.frozen
        ? 'The account can place orders and withdraw again.'
        : 'The account cannot place orders or withdraw until it is unfrozen. The user is told.',
      yes: who.frozen ? 'Unfreeze' : 'Freeze',
      tone: who.frozen ? 'primary' : 'danger',
    });
    if (yes) await this.change(who, { frozen: !who.frozen });
  }

  protected async giveRole(who: AdminUser): Promise<void> {
    const role = this.role();
    const yes = await this.confirm.ask({
      title: `Change the role of ${who.username}?`,
      facts: [
        ['Role now', who.role],
        ['Role then', role],
      ],
      yes: 'Change the role',
      tone: role === 'ADMIN' ? 'danger' : 'primary',
    });
    if (yes) await this.change(who, { role });
  }

  protected async read(username: string | undefined): Promise<void> {
    this.found.set(null);
    this.problem.set(null);
    this.command.problem.set(null);
    this.typed.set(username ?? '');
    if (!username) return;
    try {
      const found = await this.api.invoke(user, { username });
      if (username === this.username()) this.keep(found);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private async change(who: AdminUser, body: ChangeUserBody): Promise<void> {
    const changed = await this.command.run(changeUser, { username: who.username, body });
    if (!changed) return;
    this.keep(changed);
    this.toasts.show(`${who.username} was changed.`, 'good');
  }

  private keep(found: AdminUser): void {
    this.found.set(found);
    this.role.set(found.role);
  }
}
