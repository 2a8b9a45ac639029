import { Injectable, computed, effect, inject, signal } from '@angular/core';
import { Router } from '@angular/router';
import {
  Api,
  changePassword,
  login,
  logout,
  me,
  register,
  type RegisterBody,
  type Registered,
  type User,
} from './client';
import { Seconds } from './clock';
import { read, write } from './storage';

interface Kept {
  token: string;
  user: User;
  expiresAt: number;
}

const KEY = 'session';
const NOTICE_MS = 5 * 60_000;

/** Who is logged in, with which token, and until when. Other tabs of the browser follow. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly seconds = inject(Seconds);

  private readonly kept = signal<Kept | null>(remembered());
  /** While the person ends the token on purpose, its end is no news. */
  private isEnding = false;

  readonly token = computed(() => this.kept()?.token ?? null);
  readonly user = computed(() => this.kept()?.user ?? null);
  readonly isLoggedIn = computed(() => this.kept() !== null);
  readonly isArbitrator = computed(() => ['ARBITRATOR', 'ADMIN'].includes(this.user()?.role ?? ''));
  readonly isAdmin = computed(() => this.user()?.role === 'ADMIN');
  /** Milliseconds until the token ends, once that is near; else null. */
  readonly endsIn = computed(() => {
    const kept = this.kept();
    const left = kept ? kept.expiresAt - this.seconds.now() : Infinity;
    return left < NOTICE_MS ? left : null;
  });

  constructor() {
    addEventListener('storage', (event) => {
      if (event.storageArea === localStorage && event.key?.endsWith(KEY))
        this.kept.set(remembered());
    });
    effect(() => {
      const left = this.endsIn();
      if (left !== null && left <= 0) this.end('expired');
    });
    if (this.kept()) void this.refresh();
  }

  /** Logs in; with `remember` the session outlives the browser's window. */
  async login(username: string, password: string, remember: boolean): Promise<void> {
    const answer = await this.api.invoke(login, { body: { username, password } });
    const expiresAt = Date.now() + answer.expires_in * 1000;
    const kept = { token: answer.access_token, user: answer.user, expiresAt };
    write(localStorage, KEY, remember ? kept : null);
    write(sessionStorage, KEY, remember ? null : kept);
    this.kept.set(kept);
  }

  register(body: RegisterBody): Promise<Registered> {
    return this.api.invoke(register, { body });
  }

  /** Ends all of the user's tokens, here and elsewhere. */
  async logout(): Promise<void> {
    this.isEnding = true;
    try {
      await this.api.invoke(logout);
    } finally {
      this.isEnding = false;
      this.forget();
      await this.router.navigateByUrl('/login');
    }
  }

  /** Changes the password, which ends all tokens, and logs in again with the new one. */
  async changePassword(current: string, next: string): Promise<void> {
    const username = this.user()?.username ?? '';
    const body = { current_password: current, new_password: next };
    this.isEnding = true;
    try {
      await this.api.invoke(changePassword, { body });
      await this.login(username, next, read<Kept>(localStorage, KEY) !== null);
    } finally {
      this.isEnding = false;
    }
  }

  /** Forgets the session and asks to log in, to come back to where the person was. */
  end(why: 'expired' | 'ended'): void {
    if (!this.kept() || this.isEnding) return;
    const back = this.router.url;
    this.forget();
    void this.router.navigate(['/login'], { queryParams: { why, back } });
  }

  /** Keeps what changed of the user. */
  update(user: User): void {
    this.kept.update((kept) => kept && { ...kept, user });
    const storage = read<Kept>(localStorage, KEY) ? localStorage : sessionStorage;
    write(storage, KEY, this.kept());
  }

  private async refresh(): Promise<void> {
    try {
      this.update(await this.api.invoke(me));
    } catch {
      // A dead token has ended the session already; without an answer it stays as it was.
      return;
    }
  }

  private forget(): void {
    write(localStorage, KEY, null);
    write(sessionStorage, KEY, null);
    this.kept.set(null);
  }
}

function remembered(): Kept | null {
  const kept = read<Kept>(sessionStorage, KEY) ?? read<Kept>(localStorage, KEY);
  return kept && kept.expiresAt > Date.now() ? kept : null;
}
