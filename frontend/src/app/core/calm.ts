import { DestroyRef, inject } from '@angular/core';

/**
 * Has `act` called soon after it is asked for, and at most once in `ms` however often that is: for
 * reading anew what the feed only hints at. To be made where `inject` may be used.
 */
export function calm(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  inject(DestroyRef).onDestroy(() => {
    if (timer !== null) clearTimeout(timer);
  });
  return () => {
    timer ??= setTimeout(
      () => {
        timer = null;
        last = performance.now();
        act();
      },
      Math.max(0, last + ms - performance.now()),
    );
  };
}
