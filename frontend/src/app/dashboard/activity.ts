import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Balances } from '../core/balances';
import { calm } from '../core/calm';
import {
  Api,
  type OwnTrade,
  type Posting,
  listOwnTrades,
  transactions,
  type TransactionType,
} from '../core/client';
import { Notices } from '../core/notices';
import { type Problem, problemOf } from '../core/problem';
import { When } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Empty, Failure, Skeleton } from '../ui/state';
import { ActivityWords } from './activity-words';

const SHOWN_MAX = 12;

/** What came and went, trades apart. */
const MOVES: readonly TransactionType[] = ['DEPOSIT', 'WITHDRAWAL', 'REGISTRATION'];

/** What happened last: fills, money in and out, what the exchange told. */
@Component({
  selector: 'souk-activity',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Empty, Failure, Icon, RouterLink, Skeleton, When],
  template: `
    <div class="panel-head">
      <h2>Recent activity</h2>
      <a routerLink="/profile/notifications" class="small">All</a>
    </div>
    @if (problem(); as problem) {
      <souk-failure [problem]="problem" (retry)="load()" />
    } @else if (rows(); as rows) {
      @if (rows.length) {
        <ul>
          @for (row of rows; track row.key) {
            <li>
              <souk-icon [name]="row.icon" [size]="16" />
              <a [routerLink]="row.link">{{ row.text }}</a>
              <span class="num small muted">{{ row.at | when: 'short' }}</span>
            </li>
          }
        </ul>
      } @else {
        <souk-empty text="Nothing has happened yet." />
      }
    } @else {
      <souk-skeleton [lines]="8" />
    }
  `,
  styles: `
    li {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr) auto;
      gap: 10px;
      align-items: center;
      min-height: 38px;
      padding: 6px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    li a {
      color: var(--text);
      text-decoration: none;
    }
    li a:hover {
      text-decoration: underline;
    }
    souk-icon {
      color: var(--muted);
    }
  `,
})
export class Activity {
  private readonly api = inject(Api);
  private readonly notices = inject(Notices);
  private readonly words = inject(ActivityWords);

  protected readonly problem = signal<Problem | null>(null);
  private readonly read = signal<{
    fills: readonly OwnTrade[];
    postings: readonly Posting[];
  } | null>(null);

  protected readonly rows = computed(() => {
    const read = this.read();
    if (!read) return null;
    const { fills, postings } = read;
    return [
      ...fills.map((fill) => this.words.fill(fill)),
      ...this.words.movements(postings),
      ...this.words.notices(this.notices.pages.rows()),
    ]
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(0, SHOWN_MAX);
  });

  constructor() {
    const load = calm(2000, () => void this.load());
    const balances = inject(Balances);
    effect(() => {
      balances.all();
      load();
    });
  }

  protected async load(): Promise<void> {
    try {
      const [fills, ...moves] = await Promise.all([
        this.api.invoke(listOwnTrades, { limit: String(SHOWN_MAX) }),
        ...MOVES.map((type) => this.api.invoke(transactions, { type, limit: SHOWN_MAX })),
      ]);
      this.read.set({ fills: fills.data, postings: moves.flatMap(({ data }) => data) });
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
