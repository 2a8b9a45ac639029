import { Injectable, computed, inject, signal } from '@angular/core';
import { Api, time } from '../core/client';
import { Seconds } from '../core/clock';

/** The exchange's time of day: deadlines are its own, and a computer's clock may be wrong. */
@Injectable({ providedIn: 'root' })
export class ExchangeTime {
  private readonly api = inject(Api);
  private readonly seconds = inject(Seconds);
  private readonly ahead = signal(0);

  readonly now = computed(() => this.seconds.now() + this.ahead());

  constructor() {
    void this.compare();
  }

  /** Asks what time it is there. */
  async compare(): Promise<void> {
    const asked = Date.now();
    try {
      const { unix_ms } = await this.api.invoke(time);
      this.ahead.set(unix_ms - (asked + Date.now()) / 2);
    } catch {
      // Until the next time it is as far ahead as it was.
      return;
    }
  }
}
