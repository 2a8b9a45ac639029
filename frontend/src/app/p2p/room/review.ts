import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { Api, type Review, listReviews, writeReview } from '../../core/client';
import { Command } from '../../core/command';
import { Notices } from '../../core/notices';
import { Field } from '../../ui/field';
import { TradeRoom } from './trade-room';

const SCORES = [
  { score: 1, label: 'Very bad' },
  { score: 2, label: 'Bad' },
  { score: 3, label: 'All right' },
  { score: 4, label: 'Good' },
  { score: 5, label: 'Very good' },
];

/** What the two say of each other once a trade is completed. */
@Component({
  selector: 'souk-review',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <div class="panel-head"><h2>Reviews</h2></div>
    <div class="inside">
      @if (given(); as review) {
        <div>
          <p>
            <strong>You rated {{ room.other() }}</strong> {{ starsOf(review.rating) }}
          </p>
          @if (review.comment) {
            <p class="said">{{ review.comment }}</p>
          }
        </div>
      } @else if (isKnown()) {
        <form class="stack" (submit)="submit($event)">
          <fieldset>
            <legend>How was trading with {{ room.other() }}?</legend>
            <div class="stars">
              @for (each of scores; track each.score) {
                <label [class.on]="each.score <= rating()">
                  <input
                    type="radio"
                    name="rating"
                    [value]="each.score"
                    [checked]="each.score === rating()"
                    (change)="rating.set(each.score)"
                  />
                  <span aria-hidden="true">{{ each.score <= rating() ? '★' : '☆' }}</span>
                  <span class="sr-only">{{ each.score }} of 5: {{ each.label }}</span>
                </label>
              }
              <span class="muted" aria-hidden="true">{{ scores[rating() - 1]?.label }}</span>
            </div>
          </fieldset>
          <souk-field label="Comment (optional)" hint="Everybody can read it.">
            <textarea
              class="input"
              rows="2"
              maxlength="1000"
              [value]="comment()"
              (input)="comment.set($any($event.target).value)"
            ></textarea>
          </souk-field>
          @if (command.problem(); as problem) {
            <p class="note bad" role="alert">{{ problem.sentence }}</p>
          }
          <div>
            <button type="submit" class="button primary" [disabled]="!rating() || command.busy()">
              Send the review
            </button>
          </div>
        </form>
      }
      @if (got(); as review) {
        <div>
          <p>
            <strong>{{ room.other() }} rated you</strong> {{ starsOf(review.rating) }}
          </p>
          @if (review.comment) {
            <p class="said">{{ review.comment }}</p>
          }
        </div>
      }
    </div>
  `,
  styles: `
    .inside {
      display: grid;
      gap: 14px;
      padding: 14px 16px 16px;
    }
    fieldset {
      margin: 0;
      padding: 0;
      border: 0;
    }
    legend {
      padding: 0;
      font-weight: 550;
    }
    .stars {
      display: flex;
      gap: 2px;
      align-items: center;
      margin-top: 4px;
    }
    label {
      position: relative;
      display: grid;
      place-items: center;
      width: 34px;
      height: 34px;
      border-radius: 6px;
      color: var(--muted);
      font-size: 24px;
      line-height: 1;
      cursor: pointer;
    }
    label.on {
      color: var(--warn);
    }
    label:hover {
      background: var(--hover);
    }
    label:has(:focus-visible) {
      outline: 2px solid var(--accent);
    }
    input {
      position: absolute;
      opacity: 0;
    }
    .stars .muted {
      margin-inline-start: 8px;
      font-size: 13px;
    }
    .said {
      overflow-wrap: anywhere;
      white-space: pre-wrap;
    }
  `,
})
export class ReviewPanel {
  private readonly api = inject(Api);
  protected readonly room = inject(TradeRoom);
  protected readonly command = new Command();
  protected readonly scores = SCORES;
  protected readonly rating = signal(0);
  protected readonly comment = signal('');
  protected readonly given = signal<Review | null>(null);
  protected readonly got = signal<Review | null>(null);
  protected readonly isKnown = signal(false);
  private readonly trade = computed(() => this.room.trade()?.id);

  constructor() {
    const { arrived } = inject(Notices);
    effect(() => {
      this.trade();
      // A review of the other one is told as a notice.
      arrived();
      untracked(() => void this.load());
    });
  }

  protected starsOf(rating: number): string {
    return `${'★'.repeat(rating)}${'☆'.repeat(5 - rating)} ${rating} of 5`;
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const id = this.trade();
    if (!id || !this.rating()) return;
    const comment = this.comment().trim();
    const body = { trade_id: id, rating: this.rating(), ...(comment ? { comment } : {}) };
    const review = await this.command.run(writeReview, { body });
    if (review) this.given.set(review);
  }

  private async load(): Promise<void> {
    const [me, other] = [this.room.me(), this.room.other()];
    try {
      const [given, got] = await Promise.all([this.find(other, me), this.find(me, other)]);
      this.given.set(given);
      this.got.set(got);
    } finally {
      // Where that was not to be learned, a second review is refused.
      this.isKnown.set(true);
    }
  }

  private async find(username: string, reviewer: string): Promise<Review | null> {
    const { data } = await this.api.invoke(listReviews, { username, limit: 500 });
    return (
      data.find((each) => each.trade_id === this.trade() && each.reviewer === reviewer) ?? null
    );
  }
}
