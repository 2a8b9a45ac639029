import {
  ChangeDetectionStrategy,
  Component,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, type Review, listReviews } from '../core/client';
import { Pages } from '../core/pages';
import { When } from '../ui/figures';
import { Stars } from '../ui/stars';
import { Empty, Failure, Skeleton } from '../ui/state';

/** What others say of somebody, newest first. */
@Component({
  selector: 'souk-reviews',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, RouterLink, Skeleton, Stars, When],
  template: `
    <div class="panel-head"><h2>Reviews</h2></div>
    @if (pages.state() === 'failed') {
      <souk-failure [problem]="pages.problem()" (retry)="pages.reload()" />
    } @else if (pages.isFirstLoad()) {
      <souk-skeleton [lines]="4" />
    } @else {
      @if (pages.rows().length) {
        <ul>
          @for (review of pages.rows(); track review.sequence) {
            <li>
              <p class="row">
                <souk-stars [rating]="review.rating" />
                <a [routerLink]="['/profile', review.reviewer]">{{ review.reviewer }}</a>
                <span class="muted small at">
                  @if (review.trade_id) {
                    <a [routerLink]="['/p2p/trades', review.trade_id]"
                      >trade {{ review.trade_id }}</a
                    >
                    ·
                  }
                  {{ review.created_at | when: 'date' }}
                </span>
              </p>
              @if (review.comment) {
                <p class="comment">{{ review.comment }}</p>
              }
            </li>
          }
        </ul>
      } @else {
        <souk-empty
          icon="star"
          text="No reviews yet. They are written after completed P2P trades."
        />
      }
      @if (pages.hasMore()) {
        <div class="more">
          <button
            type="button"
            class="button small"
            [disabled]="pages.state() === 'loading'"
            (click)="pages.more()"
          >
            Show more
          </button>
        </div>
      }
    }
  `,
  styles: `
    li {
      display: grid;
      gap: 4px;
      padding: 12px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    .at {
      margin-inline-start: auto;
    }
    .comment {
      overflow-wrap: anywhere;
      white-space: pre-line;
    }
    .more {
      padding: 10px;
      text-align: center;
    }
  `,
})
export class Reviews {
  readonly username = input.required<string>();
  private readonly api = inject(Api);
  protected readonly pages = new Pages<Review>((after) =>
    this.api.invoke(listReviews, { username: this.username(), limit: 20, after }),
  );

  constructor() {
    effect(() => {
      this.username();
      untracked(() => {
        this.pages.rows.set([]);
        void this.pages.reload();
      });
    });
  }
}
