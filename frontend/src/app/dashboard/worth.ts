import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { Balances } from '../core/balances';
import { calm } from '../core/calm';
import { Api, type Posting, transactions } from '../core/client';
import { Decimal } from '../core/decimal';
import { Feed } from '../core/feed';
import { Format } from '../core/format';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Money } from '../ui/figures';
import { Segments } from '../ui/segments';
import { Failure, Skeleton } from '../ui/state';
import { Curve } from './curve';
import { HOUR_MS, type Point, equity, hoursOf, paidIn } from './equity';
import { Hours } from './hours';

const SPANS = [
  { value: '24', label: '24 h' },
  { value: '168', label: '7 d' },
];
/** So many postings tell of a week of most people; where they do not, the curve begins later. */
const POSTINGS_MAX = 2000;

/** What everything is worth, and how that came about. */
@Component({
  selector: 'souk-worth',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Curve, Failure, Money, Segments, Skeleton],
  templateUrl: './worth.html',
  styleUrl: './worth.css',
})
export class Worth {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly format = inject(Format);
  protected readonly balances = inject(Balances);
  protected readonly hours = inject(Hours);
  protected readonly feed = inject(Feed);

  protected readonly spans = SPANS;
  protected readonly span = signal('24');
  protected readonly problem = signal<Problem | null>(null);
  private readonly postings = signal<readonly Posting[] | null>(null);
  /** From when on the postings that were read are all there were. */
  private readonly since = signal(0);

  /** The curve up to the last full hour; what is worth now goes behind it. */
  private readonly past = computed<readonly Point[] | null>(() => {
    const [postings, histories] = [this.postings(), this.hours.histories()];
    const balances = this.balances.all();
    if (!postings || !histories || balances.length === 0) return null;
    const begun = Math.max(this.since(), Date.parse(this.session.user()?.created_at ?? ''));
    return equity(balances, postings, histories, hoursOf(Number(this.span()), begun, Date.now()));
  });

  protected readonly points = computed<readonly Point[] | null>(() => {
    const past = this.past();
    return past && [...past, { at: Date.now(), usd: this.balances.totalUsd() }];
  });

  /** What was gained since the curve's first point, without what was paid in or out. */
  protected readonly gain = computed(() => {
    const [points, postings] = [this.points(), this.postings()];
    const [first, last] = [points?.[0], points?.at(-1)];
    const histories = this.hours.histories();
    if (!first || !last || !postings || !histories) return null;
    const paid = paidIn(postings, histories, first.at);
    const usd = last.usd.minus(first.usd).minus(paid);
    const base = first.usd.plus(paid.max(Decimal.zero));
    const percent = base.isPositive() ? usd.times(Decimal.hundred).over(base, 4, 'nearest') : null;
    return {
      text: `${this.format.signed(usd.toString())} USD`,
      percent: percent && this.format.percent(percent.toString()),
      tone: ['down', 'muted', 'up'][usd.sign() + 1],
    };
  });

  constructor() {
    const read = calm(2000, () => void this.read());
    effect(() => {
      this.balances.all();
      untracked(read);
    });
  }

  protected retry(): void {
    void this.read();
    void this.hours.load();
  }

  private async read(): Promise<void> {
    if (!this.session.isLoggedIn()) return;
    const rows: Posting[] = [];
    const oldest = Date.now() - 169 * HOUR_MS;
    try {
      let after: string | undefined;
      let more = true;
      while (more) {
        const page = await this.api.invoke(transactions, { limit: 500, after });
        rows.push(...page.data);
        after = page.next ?? undefined;
        const reached = Date.parse(rows.at(-1)?.created_at ?? '') < oldest;
        more = after !== undefined && !reached && rows.length < POSTINGS_MAX;
        if (!more) this.since.set(isWhole(page, reached) ? 0 : timeOf(rows.at(-1)));
      }
      this.postings.set(rows);
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}

function isWhole(
  page: { next?: string | null; window?: { dropped: number } | null },
  reached: boolean,
): boolean {
  return reached || (!page.next && !page.window?.dropped);
}

function timeOf(posting: Posting | undefined): number {
  return posting ? Date.parse(posting.created_at) : 0;
}
