import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Feed } from '../core/feed';
import { Market } from '../core/market';
import { Figure, When } from '../ui/figures';
import { Empty, Failure, Skeleton } from '../ui/state';
import { Tape } from './tape';

/** The newest trades, newest first. */
@Component({
  selector: 'souk-trade-tape',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Figure, When, Empty, Failure, Skeleton],
  template: `
    <h2>Trades</h2>
    @if (tape.problem() && !tape.prints()) {
      <souk-failure [problem]="tape.problem()" (retry)="tape.load()" />
    } @else if (tape.prints(); as prints) {
      @if (prints.length === 0) {
        <souk-empty text="No trades yet." />
      } @else {
        <div
          class="scroll"
          tabindex="0"
          role="region"
          aria-label="Newest trades"
          [class.stale]="feed.isStale()"
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Price ({{ traded()?.quote }})</th>
                <th scope="col">Quantity ({{ traded()?.base }})</th>
                <th scope="col">Time</th>
              </tr>
            </thead>
            <tbody>
              @for (print of prints; track print.trade_id) {
                <tr [attr.data-trade]="print.trade_id">
                  <td [class]="print.taker_side === 'BUY' ? 'up' : 'down'">
                    <span aria-hidden="true">{{ print.taker_side === 'BUY' ? '▲' : '▼' }}</span>
                    <span class="sr-only">{{
                      print.taker_side === 'BUY' ? 'Bought' : 'Sold'
                    }}</span>
                    {{ print.price | figure }}
                  </td>
                  <td>{{ print.quantity | figure }}</td>
                  <td class="muted">{{ print.created_at | when: 'time' }}</td>
                </tr>
              }
            </tbody>
          </table>
        </div>
      }
    } @else {
      <souk-skeleton [lines]="5" />
    }
  `,
  styleUrl: './trade-tape.css',
})
export class TradeTape {
  readonly instrument = input.required<string>();

  protected readonly tape = inject(Tape);
  protected readonly feed = inject(Feed);
  private readonly market = inject(Market);
  protected readonly traded = computed(() => this.market.instrument(this.instrument()));
}
