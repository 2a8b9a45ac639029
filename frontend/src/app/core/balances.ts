import { Injectable, computed, effect, inject, signal } from '@angular/core';
import { Api, type Balance, list } from './client';
import { Decimal } from './decimal';
import { Feed } from './feed';
import { Market } from './market';
import { type Problem, problemOf } from './problem';
import { Session } from './session';

/** The wallet's balances, up to date while somebody is logged in. */
@Injectable({ providedIn: 'root' })
export class Balances {
  private readonly api = inject(Api);
  private readonly market = inject(Market);

  readonly all = signal<readonly Balance[]>([]);
  readonly problem = signal<Problem | null>(null);
  readonly isLoading = computed(() => this.all().length === 0 && !this.problem());
  /** All of it in USD by the last trades; what has no price counts nothing. */
  readonly totalUsd = computed(() =>
    this.all().reduce((sum, { currency, total_balance }) => {
      return sum.plus(this.market.usdValue(currency, total_balance) ?? Decimal.zero);
    }, Decimal.of('0.00')),
  );

  constructor() {
    const session = inject(Session);
    effect(() => {
      if (!session.isLoggedIn()) this.all.set([]);
    });
    inject(Feed).watch('balances', {
      event: (event) => this.merge(event.data as readonly Balance[]),
      started: () => void this.load(),
    });
  }

  of(currency: string): Balance | undefined {
    return this.all().find((balance) => balance.currency === currency);
  }

  async load(): Promise<void> {
    this.problem.set(null);
    try {
      this.all.set((await this.api.invoke(list)).wallets);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private merge(changed: readonly Balance[]): void {
    this.all.update((all) =>
      all.map((old) => changed.find(({ currency }) => currency === old.currency) ?? old),
    );
  }
}
