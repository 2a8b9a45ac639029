import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  signal,
} from '@angular/core';
import { Api, moveClock, time } from '../core/client';
import { Command } from '../core/command';
import { Format } from '../core/format';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import { When } from '../ui/figures';

const UNITS = [
  { secs: 1, label: 'seconds' },
  { secs: 60, label: 'minutes' },
  { secs: 3600, label: 'hours' },
  { secs: 86_400, label: 'days' },
];
const AGAIN_MS = 2000;

/** The exchange's time; where the clock is manual, it is moved here, and what is due then happens. */
@Component({
  selector: 'souk-clock-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, When],
  template: `
    <div class="panel-head">
      <h2>Clock</h2>
      <span class="chip">{{ stands() ? 'Manual' : stands() === false ? 'System' : '…' }}</span>
    </div>
    <div class="stack">
      <dl class="facts">
        <dt>The exchange's time</dt>
        <dd class="num">{{ now() | when }}</dd>
      </dl>
      @if (stands()) {
        <form class="row" (submit)="submit($event)">
          <souk-field label="Forward by" [error]="count() === null ? 'A whole number' : null">
            <input
              class="input num"
              inputmode="numeric"
              autocomplete="off"
              [value]="typed()"
              (input)="typed.set($any($event.target).value)"
            />
          </souk-field>
          <souk-field label="Unit">
            <select class="input" (change)="unit.set(+$any($event.target).value)">
              @for (each of units; track each.secs) {
                <option [value]="each.secs" [selected]="each.secs === unit()">
                  {{ each.label }}
                </option>
              }
            </select>
          </souk-field>
          <button class="button" [disabled]="command.busy() || count() === null">
            {{ command.busy() ? 'Moving…' : 'Move the clock' }}
          </button>
        </form>
        <p class="muted small">Deadlines that are passed by it act at once.</p>
      } @else {
        <p class="muted small">
          It is the system's clock. Started with a manual clock (in development), time stands still
          and is moved here.
        </p>
      }
      @if (command.problem(); as problem) {
        <p class="note bad" role="alert">{{ problem.sentence }}</p>
      }
    </div>
  `,
  styles: `
    .stack {
      padding: 16px;
    }
    form {
      align-items: end;
    }
    souk-field {
      flex: 1 1 110px;
    }
    form .button {
      min-height: 36px;
    }
  `,
})
export class ClockPanel {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly units = UNITS;

  protected readonly now = signal<string | null>(null);
  /** Whether time stands still, as two looks at it tell; null before the second. */
  protected readonly stands = signal<boolean | null>(null);
  protected readonly typed = signal('15');
  protected readonly unit = signal(60);
  protected readonly count = computed(() =>
    /^[1-9]\d{0,4}$/.test(this.typed().trim()) ? Number(this.typed()) : null,
  );

  constructor() {
    void this.read();
    const soon = setTimeout(() => void this.read(), 50);
    const again = setInterval(() => {
      if (!document.hidden) void this.read();
    }, AGAIN_MS);
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(soon);
      clearInterval(again);
    });
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const count = this.count();
    if (count === null) return;
    const label = UNITS.find(({ secs }) => secs === this.unit())?.label ?? '';
    const yes = await this.confirm.ask({
      title: `Move the clock ${count} ${label} forward?`,
      text: 'It cannot be moved back. Deadlines that are passed act at once.',
      yes: 'Move the clock',
      tone: 'danger',
    });
    if (!yes) return;
    const body = { advance_ms: count * this.unit() * 1000 };
    const moved = await this.command.run(moveClock, { body });
    if (!moved) return;
    this.now.set(moved.time);
    this.toasts.show(`It is ${this.format.dateTime(moved.time)} now.`, 'good');
  }

  private async read(): Promise<void> {
    try {
      const before = this.now();
      const told = await this.api.invoke(time);
      if (before !== null && !this.command.busy()) this.stands.set(told.time === before);
      this.now.set(told.time);
    } catch {
      // The next look tells.
      return;
    }
  }
}
