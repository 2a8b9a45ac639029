import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
} from '@angular/core';
import { Api, type Status, status } from '../core/client';
import { Seconds } from '../core/clock';
import { Feed } from '../core/feed';
import { Format, NONE } from '../core/format';

const BEAT_SECS = 5;

/** How well this page hears the exchange, and how the exchange is. */
@Component({
  selector: 'souk-health',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="panel-head">
      <h2>Connection</h2>
      <span class="chip" [class]="feed.isStale() ? 'warn' : 'good'">{{ state() }}</span>
    </div>
    <dl class="facts">
      <dt>Last message</dt>
      <dd class="num">{{ heard() }}</dd>
      <dt>Round trip</dt>
      <dd class="num">{{ trip() }}</dd>
      <dt>Gaps mended</dt>
      <dd class="num">{{ feed.resyncs() }}</dd>
      <dt>Exchange up for</dt>
      <dd class="num">{{ up() }}</dd>
      <dt>Journal, on disk</dt>
      <dd class="num">{{ journal() }}</dd>
    </dl>
  `,
  styles: `
    dl {
      padding: 12px 16px;
    }
  `,
})
export class Health {
  protected readonly feed = inject(Feed);
  private readonly api = inject(Api);
  private readonly format = inject(Format);
  private readonly seconds = inject(Seconds);

  private readonly tripMs = signal<number | null>(null);
  private readonly now = signal<Status | null>(null);
  private readonly beat = computed(() => Math.floor(this.seconds.now() / (BEAT_SECS * 1000)));

  protected readonly state = computed(() => {
    if (!this.feed.isStale()) return 'Live';
    return this.feed.state() === 'waiting'
      ? `Offline, next try in ${this.feed.retryIn()} s`
      : 'Connecting';
  });
  protected readonly heard = computed(() => {
    const secs = Math.max(0, (this.seconds.now() - this.feed.lastHeard()) / 1000);
    return secs < 1 ? 'just now' : `${this.format.duration(secs)} ago`;
  });
  protected readonly trip = computed(() => {
    const ms = this.tripMs();
    if (ms === null) return NONE;
    return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
  });
  protected readonly up = computed(() => this.format.duration(this.now()?.uptime));
  protected readonly journal = computed(() => {
    const now = this.now();
    return now ? this.format.number(String(now.durable_sequence)) : NONE;
  });

  constructor() {
    effect(() => {
      this.beat();
      void this.measure();
    });
  }

  private async measure(): Promise<void> {
    try {
      void this.feed.roundTrip().then((ms) => this.tripMs.set(ms));
      this.now.set(await this.api.invoke(status));
    } catch {
      // The connection's state says it already.
      this.now.set(null);
    }
  }
}
