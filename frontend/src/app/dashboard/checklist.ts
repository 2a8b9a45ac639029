import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Balances } from '../core/balances';
import { calm } from '../core/calm';
import { Api, listOrders, listOwnTrades, listP2PTrades, listPaymentAccounts } from '../core/client';
import { stored } from '../core/storage';
import { Icon } from '../ui/icon';

interface Step {
  isDone: boolean;
  text: string;
  link: string;
}

/** What a newcomer may do first; gone once all is done, or at a wish. */
@Component({
  selector: 'souk-checklist',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, RouterLink],
  template: `
    @if (steps(); as steps) {
      <section class="panel" aria-labelledby="first-steps">
        <div class="panel-head">
          <h2 id="first-steps">First steps: {{ done() }} of {{ steps.length }}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label="Hide the first steps"
            (click)="hidden.set(true)"
          >
            <souk-icon name="close" [size]="16" />
          </button>
        </div>
        <ol>
          @for (step of steps; track step.text) {
            <li [class.done]="step.isDone">
              <span class="mark" aria-hidden="true">
                @if (step.isDone) {
                  <souk-icon name="check" [size]="14" />
                }
              </span>
              @if (step.isDone) {
                <span>{{ step.text }}<span class="sr-only">, done</span></span>
              } @else {
                <a [routerLink]="step.link">{{ step.text }}</a>
              }
            </li>
          }
        </ol>
      </section>
    }
  `,
  styles: `
    ol {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
      gap: 8px 16px;
      padding: 12px 16px;
    }
    li {
      display: flex;
      gap: 8px;
      align-items: center;
      min-height: 28px;
    }
    .mark {
      display: grid;
      flex: none;
      place-items: center;
      width: 20px;
      height: 20px;
      border: 1.5px solid var(--line-strong);
      border-radius: 50%;
    }
    .done {
      color: var(--muted);
    }
    .done .mark {
      border-color: var(--up);
      background: var(--up-soft);
      color: var(--up);
    }
    .icon-button {
      width: 28px;
      height: 28px;
    }
  `,
})
export class Checklist {
  private readonly api = inject(Api);
  protected readonly hidden = stored('first-steps-hidden', false);
  private readonly all = signal<readonly Step[] | null>(null);

  protected readonly done = computed(() => this.all()?.filter(({ isDone }) => isDone).length ?? 0);
  protected readonly steps = computed(() => {
    const all = this.all();
    return this.hidden() || !all || all.every(({ isDone }) => isDone) ? null : all;
  });

  constructor() {
    const read = calm(3000, () => void this.read());
    const balances = inject(Balances);
    effect(() => {
      balances.all();
      if (!this.hidden()) read();
    });
  }

  private async read(): Promise<void> {
    if (this.all()?.every(({ isDone }) => isDone)) return;
    try {
      const [orders, fills, accounts, trades] = await Promise.all([
        this.api.invoke(listOrders, { limit: '1' }),
        this.api.invoke(listOwnTrades, { limit: '1' }),
        this.api.invoke(listPaymentAccounts, { limit: 1 }),
        this.api.invoke(listP2PTrades, { limit: 1 }),
      ]);
      const has = (page: { data: readonly unknown[] }) => page.data.length > 0;
      this.all.set([
        { isDone: true, text: 'Open an account', link: '/profile' },
        { isDone: has(orders) || has(fills), text: 'Place an order', link: '/trade' },
        { isDone: has(fills), text: 'Have an order filled', link: '/trade' },
        { isDone: has(accounts), text: 'Add a payment account', link: '/p2p/settings' },
        { isDone: has(trades), text: 'Open a P2P trade', link: '/p2p' },
      ]);
    } catch {
      // Only a help: without an answer it does not show.
      return;
    }
  }
}
