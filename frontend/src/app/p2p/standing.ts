import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import type { OwnerReputation } from '../core/client';
import { Figure } from '../ui/figures';

/** Somebody's record in one line: completed trades, how many end well, rating. No data is no figure. */
@Component({
  selector: 'souk-standing',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure],
  template: `
    @if (of().completed_trades === 0 && !of().completion_rate) {
      <span>No trades yet</span>
    } @else {
      <span
        >{{ of().completed_trades }} {{ of().completed_trades === 1 ? 'trade' : 'trades' }}</span
      >
      @if (of().completion_rate; as rate) {
        <span>{{ rate | figure: 1 }} % completed</span>
      }
    }
    @if (of().rating; as rating) {
      <span [attr.aria-label]="'Rated ' + rating + ' of 5'" role="img"
        ><span class="star" aria-hidden="true">★</span> {{ rating | figure }}</span
      >
    }
  `,
  styles: `
    :host {
      display: inline-flex;
      flex-wrap: wrap;
      gap: 0 10px;
      color: var(--muted);
      font-size: 12px;
      font-variant-numeric: tabular-nums;
    }
    .star {
      color: var(--warn);
    }
  `,
})
export class StandingLine {
  readonly of =
    input.required<Pick<OwnerReputation, 'completed_trades' | 'completion_rate' | 'rating'>>();
}
