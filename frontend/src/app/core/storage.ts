import { WritableSignal, effect, signal } from '@angular/core';

const PREFIX = 'souk.';

/** A signal that this browser remembers; to be made where `inject` may be used. */
export function stored<T>(key: string, initial: T): WritableSignal<T> {
  const value = signal(read(localStorage, key) ?? initial) as WritableSignal<T>;
  effect(() => write(localStorage, key, value()));
  return value;
}

/** What `storage` holds under `key`, or null; what cannot be read counts as absent. */
export function read<T>(storage: Storage, key: string): T | null {
  try {
    const text = storage.getItem(PREFIX + key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** Keeps `value`, or forgets it where it is null. A browser that refuses only forgets sooner. */
export function write(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage.removeItem(PREFIX + key);
    else storage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    return;
  }
}
