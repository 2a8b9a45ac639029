import { HttpContext } from '@angular/common/http';
import { inject, signal } from '@angular/core';
import { Api, type ApiFnRequired } from './client';
import { IDEMPOTENCY_KEY, newKey } from './calls';
import { type Problem, problemOf } from './problem';

/**
 * What one button does: `busy` while it is under way, so that it cannot be pressed twice, and `problem`
 * when it was refused. Where there was no answer, doing the same again repeats the idempotency key, so
 * that nothing is done twice. To be made where `inject` may be used.
 */
export class Command {
  readonly busy = signal(false);
  readonly problem = signal<Problem | null>(null);

  private readonly api = inject(Api);
  private open: { text: string; key: string } | null = null;

  /** The answer, or null where it was refused or one is under way already. */
  async run<P, R>(call: ApiFnRequired<P, R>, params: P): Promise<R | null> {
    if (this.busy()) return null;
    this.busy.set(true);
    this.problem.set(null);
    try {
      const context = new HttpContext().set(IDEMPOTENCY_KEY, this.keyOf(call, params));
      const answer = await this.api.invoke(call, params, context);
      this.open = null;
      return answer;
    } catch (error) {
      const problem = problemOf(error);
      if (!problem.isOutcomeUnknown) this.open = null;
      this.problem.set(problem);
      return null;
    } finally {
      this.busy.set(false);
    }
  }

  private keyOf(call: unknown, params: unknown): string {
    const path = (call as { PATH?: string }).PATH ?? '';
    const text = path + JSON.stringify(params);
    if (this.open?.text !== text) this.open = { text, key: newKey() };
    return this.open.key;
  }
}
