import { ChangeDetectionStrategy, Component, input, model } from '@angular/core';

export interface Segment {
  value: string;
  label: string;
  /** `buy` and `sell` colour the chosen one. */
  tone?: 'buy' | 'sell';
}

let next = 1;

/** A few choices in one bar, of which one holds: radio buttons, so the arrow keys work. */
@Component({
  selector: 'souk-segments',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'radiogroup', '[attr.aria-label]': 'label()' },
  template: `
    @for (segment of segments(); track segment.value) {
      <label [class]="segment.tone" [class.on]="segment.value === value()">
        <input
          type="radio"
          [name]="name"
          [value]="segment.value"
          [checked]="segment.value === value()"
          (change)="pick(segment.value)"
        />
        {{ segment.label }}
      </label>
    }
  `,
  styles: `
    :host {
      display: flex;
      gap: 2px;
      padding: 2px;
      border-radius: 7px;
      background: var(--raised);
    }
    label {
      display: grid;
      flex: 1 0 auto;
      place-items: center;
      min-height: 26px;
      padding: 2px 10px;
      border-radius: 5px;
      color: var(--muted);
      font-size: 13px;
      font-weight: 550;
      cursor: pointer;
    }
    /* For many choices in little room. */
    :host(.dense) label {
      padding-inline: 5px;
      font-size: 12px;
    }
    label:hover {
      color: var(--text);
    }
    input {
      position: absolute;
      opacity: 0;
      pointer-events: none;
    }
    label:has(:focus-visible) {
      outline: 2px solid var(--accent);
      outline-offset: 1px;
    }
    .on {
      background: var(--panel);
      box-shadow: 0 1px 2px rgb(0 0 0 / 18%);
      color: var(--text);
    }
    .on.buy,
    .on.sell {
      color: #fff;
    }
    .on.buy {
      background: var(--up-strong);
    }
    .on.sell {
      background: var(--down-strong);
    }
  `,
})
export class Segments<T extends string = string> {
  readonly segments = input.required<readonly Segment[]>();
  readonly value = model.required<T>();
  readonly label = input.required<string>();
  protected readonly name = `segments-${next++}`;

  protected pick(value: string): void {
    this.value.set(value as T);
  }
}
