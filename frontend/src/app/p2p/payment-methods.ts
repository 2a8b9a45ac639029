import { Injectable, computed, inject, signal } from '@angular/core';
import { Api, listPaymentMethods, type P2PPaymentMethod } from '../core/client';
import { methodName } from './texts';

/** The catalogue of payment methods; it does not change while the exchange runs. */
@Injectable({ providedIn: 'root' })
export class PaymentMethods {
  private readonly api = inject(Api);
  readonly all = signal<readonly P2PPaymentMethod[]>([]);
  readonly named = computed(() =>
    this.all().map(({ code, longest_window_secs: longest }) => ({
      code,
      name: methodName(code),
      longest,
    })),
  );

  private isLoading = false;

  constructor() {
    void this.load();
  }

  async load(): Promise<void> {
    if (this.isLoading || this.all().length > 0) return;
    this.isLoading = true;
    try {
      this.all.set((await this.api.invoke(listPaymentMethods)).data);
    } catch {
      // Forms that need it read it again when they open.
      return;
    } finally {
      this.isLoading = false;
    }
  }
}
