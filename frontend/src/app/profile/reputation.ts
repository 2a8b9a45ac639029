import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  resource,
  signal,
} from '@angular/core';
import { Api, type TradeRecord, showReputation } from '../core/client';
import { Format } from '../core/format';
import { problemOf } from '../core/problem';
import { When } from '../ui/figures';
import { Segments } from '../ui/segments';
import { Failure, Skeleton } from '../ui/state';

type Window = 'd30' | 'd90' | 'all';

const WINDOWS = [
  { value: 'd30', label: '30 days' },
  { value: 'd90', label: '90 days' },
  { value: 'all', label: 'All time' },
];
const NO_DATA = 'no data';

/** How somebody trades with others, over a span of time, and how each figure is made up. */
@Component({
  selector: 'souk-reputation',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Failure, Segments, Skeleton, When],
  template: `
    <div class="panel-head">
      <h2>Reputation</h2>
      <souk-segments label="Span of time" [segments]="windows" [(value)]="window" />
    </div>
    @if (reputation.error(); as error) {
      <souk-failure [problem]="problemOf(error)" (retry)="reputation.reload()" />
    } @else if (reputation.hasValue()) {
      @if (reputation.value().barred_until; as until) {
        <p class="note warn">
          Takes no offers until {{ until | when: 'short' }}, after too many cancels.
        </p>
      }
      <dl>
        @for (figure of figures(); track figure.label) {
          <div>
            <dt>{{ figure.label }}</dt>
            <dd class="num" [class.muted]="figure.value === noData">{{ figure.value }}</dd>
            <dd class="how">{{ figure.how }}</dd>
          </div>
        }
      </dl>
    } @else {
      <souk-skeleton [lines]="6" />
    }
  `,
  styles: `
    .panel-head {
      flex-wrap: wrap;
    }
    .note {
      margin: 12px 16px 0;
    }
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(170px, 1fr));
      gap: 14px 16px;
      padding: 16px;
    }
    dl div {
      display: grid;
      align-content: start;
    }
    dt {
      color: var(--muted);
      font-size: 12px;
    }
    dd.num {
      font-size: 17px;
      font-weight: 600;
      white-space: normal;
    }
    dd.muted {
      font-weight: 400;
    }
    .how {
      color: var(--muted);
      font-size: 12px;
    }
  `,
})
export class ReputationPanel {
  readonly username = input.required<string>();

  private readonly api = inject(Api);
  private readonly format = inject(Format);
  protected readonly problemOf = problemOf;
  protected readonly windows = WINDOWS;
  protected readonly noData = NO_DATA;
  protected readonly window = signal<Window>('all');
  protected readonly reputation = resource({
    params: () => this.username(),
    loader: ({ params }) => this.api.invoke(showReputation, { username: params }),
  });

  protected readonly figures = computed(() => {
    const record = this.reputation.value()?.windows[this.window()];
    return record ? this.figuresOf(record) : [];
  });

  private figuresOf(record: TradeRecord) {
    const { format } = this;
    const percent = (text: string | null | undefined) =>
      text == null ? NO_DATA : `${format.number(text)}\u00a0%`;
    const time = (secs: number | null | undefined) =>
      secs == null ? NO_DATA : format.duration(secs);
    const volume = record.volume.map((each) => format.money(each.amount, each.fiat_currency));
    return [
      {
        label: 'Completion',
        value: percent(record.completion_rate),
        how: 'trades that ended well; mutual cancels do not count',
      },
      {
        label: 'Completed trades',
        value: format.number(String(record.completed_trades)),
        how: `with ${record.distinct_partners} different ${record.distinct_partners === 1 ? 'partner' : 'partners'}`,
      },
      {
        label: 'Rating',
        value: record.rating == null ? NO_DATA : `${format.number(record.rating)} of 5`,
        how: `mean of ${record.reviews} ${record.reviews === 1 ? 'review' : 'reviews'}`,
      },
      {
        label: 'Positive reviews',
        value: percent(record.positive_percent),
        how: 'reviews of 4 or 5',
      },
      {
        label: 'Pays in',
        value: time(record.average_pay_secs),
        how: 'as a buyer, on average; without disputes',
      },
      {
        label: 'Releases in',
        value: time(record.average_release_secs),
        how: 'as a seller, on average; without disputes',
      },
      {
        label: 'Volume',
        value: volume.join(', ') || NO_DATA,
        how: 'of completed trades',
      },
    ];
  }
}
