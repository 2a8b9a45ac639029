import type { Sample } from './prometheus';

export interface RouteTime {
  method: string;
  route: string;
  calls: string;
  /** From head to answer. */
  meanMs: string;
  failed: string;
}

/** The calls of each route with their mean time and how many got no good answer, busiest first. */
export function routesOf(samples: readonly Sample[]): readonly RouteTime[] {
  const routes = new Map<
    string,
    { method: string; route: string; calls: number; secs: number; failed: number }
  >();
  for (const { name, labels, value } of samples) {
    if (!name.startsWith('souk_http_')) continue;
    const { method = '', route = '', status = '' } = labels;
    const key = `${method} ${route}`;
    const row = routes.get(key) ?? { method, route, calls: 0, secs: 0, failed: 0 };
    routes.set(key, row);
    if (name === 'souk_http_request_seconds_sum') row.secs += Number(value);
    if (name !== 'souk_http_requests_total') continue;
    row.calls += Number(value);
    if (Number(status) >= 400) row.failed += Number(value);
  }
  return [...routes.values()]
    .sort((a, b) => b.calls - a.calls)
    .map(({ method, route, calls, secs, failed }) => ({
      method,
      route,
      calls: String(calls),
      meanMs: calls ? ((secs * 1000) / calls).toFixed(2) : '0',
      failed: String(failed),
    }));
}
