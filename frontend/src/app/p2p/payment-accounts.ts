import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { Api, listPaymentAccounts, type PaymentAccount } from '../core/client';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';

/** Where the user is paid. */
@Injectable({ providedIn: 'root' })
export class PaymentAccounts {
  private readonly api = inject(Api);

  readonly all = signal<readonly PaymentAccount[] | null>(null);
  readonly problem = signal<Problem | null>(null);
  readonly isLoading = computed(() => this.all() === null && !this.problem());

  constructor() {
    const session = inject(Session);
    effect(() => {
      const user = session.user()?.username;
      untracked(() => {
        this.all.set(null);
        if (user) void this.load();
      });
    });
  }

  async load(): Promise<void> {
    this.problem.set(null);
    try {
      this.all.set((await this.api.invoke(listPaymentAccounts)).data);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  /** The one that buyers are shown: the newest for the method. */
  of(method: string): PaymentAccount | undefined {
    const own = (this.all() ?? []).filter((each) => each.payment_method === method);
    return own.reduce<PaymentAccount | undefined>(
      (newest, each) => (newest && Number(newest.id) > Number(each.id) ? newest : each),
      undefined,
    );
  }

  /** Which of these methods have no account; none while that is not known. */
  missing(methods: readonly string[]): readonly string[] {
    return this.all() === null ? [] : methods.filter((method) => !this.of(method));
  }
}
