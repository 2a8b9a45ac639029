import {
  HttpErrorResponse,
  type HttpEvent,
  type HttpHandlerFn,
  HttpContextToken,
  type HttpRequest,
} from '@angular/common/http';
import { Injector, inject } from '@angular/core';
import { type Observable, catchError, throwError } from 'rxjs';
import { problemOf } from './problem';
import { Session } from './session';

/** The key of a command that is repeated until its outcome is known; see `Command`. */
export const IDEMPOTENCY_KEY = new HttpContextToken<string | null>(() => null);

const WITHOUT_KEY = /\/(register|login|password|batch|test)$/;
const WITHOUT_TOKEN = /\/auth\/(register|login)$/;

/** Adds the token and an idempotency key; turns refusals into problems; ends a dead session. */
export function calls(
  request: HttpRequest<unknown>,
  next: HttpHandlerFn,
): Observable<HttpEvent<unknown>> {
  const injector = inject(Injector);
  const session = () => injector.get(Session);
  const token = WITHOUT_TOKEN.test(request.url) ? null : session().token();
  let headers = request.headers;
  if (token) headers = headers.set('Authorization', `Bearer ${token}`);
  if (request.method !== 'GET' && !WITHOUT_KEY.test(request.url))
    headers = headers.set('Idempotency-Key', request.context.get(IDEMPOTENCY_KEY) ?? newKey());
  return next(request.clone({ headers })).pipe(
    catchError((error: HttpErrorResponse) => {
      const problem = problemOf(error);
      // A wrong password in a form of somebody who is logged in is no dead session.
      const isDead = problem.status === 401 && problem.code !== 'INVALID_CREDENTIALS';
      if (isDead && token && token === session().token())
        session().end(problem.code === 'TOKEN_EXPIRED' ? 'expired' : 'ended');
      return throwError(() => problem);
    }),
  );
}

/** A name that nobody used before: for idempotency keys and client order ids. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
