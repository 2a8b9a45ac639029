import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import type { Problem } from '../core/problem';
import { Icon, type IconName } from './icon';

/** Grey bars where text will stand. */
@Component({
  selector: 'souk-skeleton',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'status', 'aria-label': 'Loading' },
  template: `@for (line of [].constructor(lines()); track $index) {
    <span class="bar" [style.width.%]="100 - (($index * 37) % 45)"></span>
  }`,
  styles: `
    :host {
      display: grid;
      gap: 10px;
      padding: 16px;
    }
    .bar {
      height: 12px;
      border-radius: 4px;
      background: var(--hover);
      animation: breathe 1.4s ease-in-out infinite alternate;
    }
    @keyframes breathe {
      to {
        opacity: 0.45;
      }
    }
  `,
})
export class Skeleton {
  readonly lines = input(4);
}

/** Says that there is nothing, and what to do about it (as its content). */
@Component({
  selector: 'souk-empty',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    @if (icon(); as name) {
      <souk-icon [name]="name" [size]="26" />
    }
    <p>{{ text() }}</p>
    <ng-content />
  `,
  styles: `
    :host {
      display: grid;
      gap: 10px;
      place-items: center;
      padding: 28px 16px;
      color: var(--muted);
      text-align: center;
    }
  `,
})
export class Empty {
  readonly text = input.required<string>();
  readonly icon = input<IconName | null>(null);
}

/** Says what went wrong, with a button to try again. */
@Component({
  selector: 'souk-failure',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  host: { role: 'alert' },
  template: `
    <souk-icon name="warn" [size]="24" />
    <p>{{ problem()?.sentence ?? 'Something went wrong.' }}</p>
    <button type="button" class="button small" (click)="retry.emit()">Try again</button>
  `,
  styles: `
    :host {
      display: grid;
      gap: 10px;
      place-items: center;
      padding: 24px 16px;
      text-align: center;
    }
    souk-icon {
      color: var(--down);
    }
  `,
})
export class Failure {
  readonly problem = input<Problem | null>(null);
  readonly retry = output<void>();
}
