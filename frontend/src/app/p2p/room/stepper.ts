import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { P2PTrade } from '../../core/client';
import { Icon } from '../../ui/icon';
import { stepsOf } from './steps';

const SPOKEN = { done: 'done', now: 'next', todo: 'to come', bad: 'ended here' } as const;

/** How far a trade has come. */
@Component({
  selector: 'souk-stepper',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <ol aria-label="Progress of the trade">
      @for (step of steps(); track $index) {
        <li [class]="step.state" [attr.aria-current]="step.state === 'now' ? 'step' : null">
          <span class="mark" aria-hidden="true">
            @switch (step.state) {
              @case ('done') {
                <souk-icon name="check" [size]="14" />
              }
              @case ('bad') {
                <souk-icon name="close" [size]="14" />
              }
              @default {
                {{ $index + 1 }}
              }
            }
          </span>
          <span class="label">
            {{ step.label }}<span class="sr-only">, {{ spoken[step.state] }}</span>
            @if (step.state === 'now' && step.by) {
              <span class="by">{{ step.by === me() ? 'Your turn' : step.by }}</span>
            }
          </span>
        </li>
      }
    </ol>
  `,
  styles: `
    ol {
      display: flex;
      gap: 4px;
    }
    li {
      position: relative;
      display: grid;
      flex: 1;
      gap: 4px;
      justify-items: center;
      align-content: start;
      min-width: 0;
      color: var(--muted);
      font-size: 12px;
      text-align: center;
    }
    li + li::before {
      position: absolute;
      top: 12px;
      right: calc(50% + 16px);
      left: calc(-50% + 16px);
      height: 2px;
      background: var(--line);
      content: '';
    }
    li.done + li::before {
      background: var(--up);
    }
    .mark {
      display: grid;
      place-items: center;
      width: 26px;
      height: 26px;
      border: 2px solid var(--line-strong);
      border-radius: 50%;
      background: var(--panel);
      font-weight: 650;
    }
    .done .mark {
      border-color: var(--up);
      background: var(--up-soft);
      color: var(--up);
    }
    .now .mark {
      border-color: var(--accent);
      background: var(--accent);
      color: var(--on-accent);
    }
    .bad .mark {
      border-color: var(--down);
      background: var(--down-soft);
      color: var(--down);
    }
    .now,
    .done,
    .bad {
      color: var(--text);
    }
    .now .label {
      font-weight: 650;
    }
    .by {
      display: block;
      overflow: hidden;
      color: var(--accent);
      text-overflow: ellipsis;
    }
  `,
})
export class Stepper {
  readonly trade = input.required<P2PTrade>();
  readonly me = input.required<string>();
  protected readonly steps = computed(() => stepsOf(this.trade()));
  protected readonly spoken = SPOKEN;
}
