import { HttpErrorResponse } from '@angular/common/http';
import type { FieldError, ProblemCode } from '../api/models';

/** A refusal of the exchange (RFC 9457), or what stands for one when there was no answer. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable; docs/errors.md lists them. `UNREACHABLE` is ours: there was no answer. */
    readonly code: ProblemCode | 'UNREACHABLE',
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly retryAfterSecs: number | null = null,
    /** Further members, such as `state` or `price`. */
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }

  /** Whether the command may or may not have been done. */
  get isOutcomeUnknown(): boolean {
    return this.code === 'UNREACHABLE' || this.code === 'OUTCOME_UNKNOWN';
  }

  /** A sentence for people. */
  get sentence(): string {
    const sentence = this.detail.charAt(0).toUpperCase() + this.detail.slice(1);
    const wait = this.retryAfterSecs ? ` Try again in ${this.retryAfterSecs} s.` : '';
    return (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`) + wait;
  }

  /** What is wrong with one field, or null. */
  field(name: string): string | null {
    const error = this.errors.find((each) => each.field === name);
    return error ? `${error.field} ${error.message}` : null;
  }
}

/** Makes a `Problem` of whatever a call threw. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof HttpErrorResponse))
    return new Problem(0, 'INTERNAL', 'something went wrong on this page');
  const body = bodyOf(error);
  if (error.status === 0 || typeof body?.code !== 'string') return withoutBody(error);
  const { code, detail, title, errors, ...more } = body;
  return new Problem(error.status, code, detail ?? title, errors, retryAfter(error), more);
}

/** A call whose good answer is empty, or a text, gets its refusal as a text too. */
function bodyOf({ error }: HttpErrorResponse) {
  if (typeof error !== 'string') return error;
  try {
    return JSON.parse(error);
  } catch {
    return null;
  }
}

function withoutBody(error: HttpErrorResponse): Problem {
  const detail =
    error.status === 0 || error.status === 502 || error.status === 504
      ? 'the exchange cannot be reached'
      : `the exchange answered ${error.status}`;
  return new Problem(error.status, 'UNREACHABLE', detail, [], retryAfter(error));
}

function retryAfter(error: HttpErrorResponse): number | null {
  const seconds = Number(error.headers.get('Retry-After'));
  return Number.isInteger(seconds) && seconds > 0 ? seconds : null;
}
