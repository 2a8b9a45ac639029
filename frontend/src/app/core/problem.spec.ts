import { HttpErrorResponse } from '@angular/common/http';
import { problemOf } from './problem';

const body = { code: 'INSUFFICIENT_FUNDS', detail: 'the available balance does not cover this' };

describe('problemOf', () => {
  it('reads a refusal, also where the call expects a text', () => {
    for (const error of [body, JSON.stringify(body)]) {
      const problem = problemOf(new HttpErrorResponse({ status: 422, error }));
      expect(problem.code).toBe('INSUFFICIENT_FUNDS');
      expect(problem.sentence).toBe('The available balance does not cover this.');
    }
  });

  it('does not take a page of somebody between for an answer', () => {
    const error = '<html>bad gateway</html>';
    const problem = problemOf(new HttpErrorResponse({ status: 502, error }));
    expect(problem.code).toBe('UNREACHABLE');
    expect(problem.isOutcomeUnknown).toBe(true);
  });
});
