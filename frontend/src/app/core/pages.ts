import { computed, signal } from '@angular/core';
import { type Problem, problemOf } from './problem';

/** One page of a list, as the API gives it. */
export interface Page<T> {
  data: readonly T[];
  next?: string | null;
  window?: { dropped: number } | null;
}

/** A list that is read page by page, newest first. `read` gets the cursor of the page. */
export class Pages<T> {
  readonly rows = signal<readonly T[]>([]);
  readonly state = signal<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  readonly problem = signal<Problem | null>(null);
  /** How many older entries the exchange does not list any more. */
  readonly dropped = signal(0);
  readonly hasMore = computed(() => this.next() !== null);
  readonly isFirstLoad = computed(() => this.state() !== 'ready' && this.rows().length === 0);

  private readonly next = signal<string | null>(null);
  private turn = 0;

  constructor(private readonly read: (after: string | undefined) => Promise<Page<T>>) {}

  /** Reads the first page anew, and shows the old rows until it is there. */
  reload(): Promise<void> {
    return this.load(undefined);
  }

  /** Reads the page that follows. */
  async more(): Promise<void> {
    const next = this.next();
    if (next !== null && this.state() !== 'loading') await this.load(next);
  }

  private async load(after: string | undefined): Promise<void> {
    const turn = ++this.turn;
    this.state.set('loading');
    try {
      const page = await this.read(after);
      if (turn !== this.turn) return;
      this.rows.update((rows) => (after ? [...rows, ...page.data] : page.data));
      this.next.set(page.next ?? null);
      this.dropped.set(page.window?.dropped ?? 0);
      this.problem.set(null);
      this.state.set('ready');
    } catch (error) {
      if (turn !== this.turn) return;
      this.problem.set(problemOf(error));
      this.state.set('failed');
    }
  }
}
