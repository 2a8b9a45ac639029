import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  resource,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, showReputation } from '../core/client';
import { Format } from '../core/format';
import { problemOf } from '../core/problem';
import { Failure, Skeleton } from '../ui/state';

const NO_DATA = 'no data';

/** Who a party is, by what it did before. */
@Component({
  selector: 'souk-party-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Failure, RouterLink, Skeleton],
  template: `
    <div class="panel-head">
      <h2>
        {{ part() }}: <a [routerLink]="['/profile', username()]">{{ username() }}</a>
      </h2>
    </div>
    @if (reputation.error(); as error) {
      <souk-failure [problem]="problemOf(error)" (retry)="reputation.reload()" />
    } @else if (reputation.hasValue()) {
      <dl>
        @for (figure of figures(); track figure[0]) {
          <div>
            <dt>{{ figure[0] }}</dt>
            <dd class="num">{{ figure[1] }}</dd>
          </div>
        }
      </dl>
    } @else {
      <souk-skeleton [lines]="2" />
    }
  `,
  styles: `
    dl {
      display: grid;
      grid-template-columns: repeat(3, minmax(0, 1fr));
      gap: 8px 12px;
      padding: 12px 16px;
    }
    dt {
      color: var(--muted);
      font-size: 12px;
    }
  `,
})
export class PartyPanel {
  readonly part = input.required<'Buyer' | 'Seller'>();
  readonly username = input.required<string>();

  private readonly api = inject(Api);
  private readonly format = inject(Format);
  protected readonly problemOf = problemOf;
  protected readonly reputation = resource({
    params: () => this.username(),
    loader: ({ params }) => this.api.invoke(showReputation, { username: params }),
  });

  protected readonly figures = computed<readonly (readonly [string, string])[]>(() => {
    const known = this.reputation.value();
    if (!known) return [];
    const percent = (text: string | null | undefined) =>
      text == null ? NO_DATA : `${this.format.number(text)}\u00a0%`;
    const secs = this.part() === 'Buyer' ? known.average_pay_secs : known.average_release_secs;
    return [
      ['Trades', this.format.number(String(known.completed_trades))],
      ['Completion', percent(known.completion_rate)],
      ['Rating', known.rating == null ? NO_DATA : this.format.number(known.rating)],
      ['Positive', percent(known.positive_percent)],
      ['Partners', this.format.number(String(known.distinct_partners))],
      [
        this.part() === 'Buyer' ? 'Pays in' : 'Releases in',
        secs == null ? NO_DATA : this.format.duration(secs),
      ],
    ];
  });
}
