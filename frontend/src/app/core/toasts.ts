import { Injectable, signal } from '@angular/core';

export type Tone = 'good' | 'bad' | 'plain';

export interface Toast {
  id: number;
  tone: Tone;
  text: string;
  /** Where it leads, if anywhere. */
  link: string | null;
}

const SHOWN_MS = 6000;
const SHOWN_MAX = 4;

/** Short notices that go away by themselves; those that tell of a failure stay twice as long. */
@Injectable({ providedIn: 'root' })
export class Toasts {
  readonly shown = signal<readonly Toast[]>([]);
  private nextId = 1;

  show(text: string, tone: Tone = 'plain', link: string | null = null): void {
    const toast = { id: this.nextId++, tone, text, link };
    this.shown.update((shown) => [...shown.slice(1 - SHOWN_MAX), toast]);
    setTimeout(() => this.dismiss(toast.id), tone === 'bad' ? 2 * SHOWN_MS : SHOWN_MS);
  }

  dismiss(id: number): void {
    this.shown.update((shown) => shown.filter((toast) => toast.id !== id));
  }
}
