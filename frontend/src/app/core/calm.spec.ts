import { TestBed } from '@angular/core/testing';
import { calm } from './calm';

describe('calm', () => {
  it('acts soon, then once for all that was asked for meanwhile', () => {
    vi.useFakeTimers();
    let count = 0;
    const ask = TestBed.runInInjectionContext(() => calm(1000, () => count++));
    for (let i = 0; i < 5; i++) ask();
    vi.advanceTimersByTime(1);
    expect(count).toBe(1);
    for (let i = 0; i < 5; i++) ask();
    vi.advanceTimersByTime(900);
    expect(count).toBe(1);
    vi.advanceTimersByTime(100);
    expect(count).toBe(2);
    vi.advanceTimersByTime(5000);
    expect(count).toBe(2);
    vi.useRealTimers();
  });
});
