import { Injectable, signal } from '@angular/core';

const BEAT_MS = 125;

/**
 * The page's one paint clock: what changed since the last beat is painted together, at most eight times
 * a second, and not at all while the page is hidden or nothing changes.
 */
@Injectable({ providedIn: 'root' })
export class PaintClock {
  private readonly waiting = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private last = 0;

  constructor() {
    document.addEventListener('visibilitychange', () => this.arm());
  }

  /** Has `paint` called at the next beat, once, however often it was asked for until then. */
  request(paint: () => void): void {
    this.waiting.add(paint);
    this.arm();
  }

  /** Takes a request back. */
  forget(paint: () => void): void {
    this.waiting.delete(paint);
  }

  private arm(): void {
    if (this.timer !== null || this.waiting.size === 0 || document.hidden) return;
    const wait = Math.max(0, this.last + BEAT_MS - performance.now());
    this.timer = setTimeout(() => this.beat(), wait);
  }

  private beat(): void {
    this.timer = null;
    this.last = performance.now();
    const due = [...this.waiting];
    this.waiting.clear();
    for (const paint of due) paint();
    this.arm();
  }
}

/** The time of day in milliseconds, once a second: for countdowns and ages. */
@Injectable({ providedIn: 'root' })
export class Seconds {
  private readonly time = signal(Date.now());
  readonly now = this.time.asReadonly();

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.time.set(Date.now());
    }, 1000);
    document.addEventListener('visibilitychange', () => this.time.set(Date.now()));
  }
}
