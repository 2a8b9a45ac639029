import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Format } from '../../core/format';
import { ExchangeTime } from '../exchange-time';

const SOON_MS = 2 * 60_000;
/** At which minutes a screen reader is told how much is left. */
const TOLD = [30, 15, 10, 5, 2, 1];

/** The time until a deadline, by the exchange's clock. */
@Component({
  selector: 'souk-countdown',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="num" role="timer" aria-live="off" [class.soon]="isSoon()">{{ text() }}</span>
    <span class="sr-only" aria-live="polite">{{ told() }}</span>
  `,
  styles: `
    .num {
      font-size: 26px;
      font-weight: 650;
      line-height: 1.1;
    }
    .soon {
      color: var(--down);
    }
  `,
})
export class Countdown {
  readonly until = input.required<string>();
  private readonly time = inject(ExchangeTime);
  private readonly format = inject(Format);

  private readonly left = computed(() => Date.parse(this.until()) - this.time.now());
  protected readonly text = computed(() => this.format.countdown(this.left()));
  protected readonly isSoon = computed(() => this.left() < SOON_MS);
  protected readonly told = computed(() => {
    const minutes = Math.ceil(this.left() / 60_000);
    const mark = TOLD.findLast((each) => each >= minutes);
    return mark && this.left() > 0 ? `Less than ${mark} minutes left` : '';
  });
}
