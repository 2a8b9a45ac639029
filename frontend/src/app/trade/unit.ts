import { ChangeDetectionStrategy, Component, input } from '@angular/core';

/** A control with what it counts written at its end. */
@Component({
  selector: 'souk-unit',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `<ng-content /><span aria-hidden="true">{{ unit() }}</span>`,
  styles: `
    :host {
      position: relative;
      display: block;
    }
    span {
      position: absolute;
      inset-block: 0;
      right: 10px;
      display: grid;
      align-items: center;
      color: var(--muted);
      font-size: 12px;
      pointer-events: none;
    }
  `,
})
export class Unit {
  readonly unit = input.required<string>();
}
