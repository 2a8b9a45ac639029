import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Field } from '../../ui/field';
import type { AdDraft } from './ad-draft';

/** One figure of an ad, with its unit, and with what is wrong with it: here, or by the exchange. */
@Component({
  selector: 'souk-typed',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <souk-field [label]="label()" [hint]="hint()" [error]="draft().fault(field()) ?? refused()">
      <span class="with-unit">
        <input
          class="input"
          [attr.inputmode]="field() === 'margin_percent' ? 'text' : 'decimal'"
          autocomplete="off"
          [placeholder]="placeholder()"
          [value]="draft().text(field())"
          (input)="draft().type(field(), $any($event.target).value)"
        />
        @if (unit()) {
          <span class="unit">{{ unit() }}</span>
        }
      </span>
    </souk-field>
  `,
  styles: `
    .with-unit {
      position: relative;
    }
    .input {
      padding-inline-end: 56px;
      font-variant-numeric: tabular-nums;
    }
    .unit {
      position: absolute;
      inset: 0 10px 0 auto;
      display: grid;
      place-items: center;
      color: var(--muted);
      font-size: 12px;
      pointer-events: none;
    }
  `,
})
export class Typed {
  readonly draft = input.required<AdDraft>();
  readonly field = input.required<string>();
  readonly label = input.required<string>();
  readonly unit = input('');
  readonly hint = input<string | null>(null);
  readonly placeholder = input('');
  /** What the exchange found wrong with it. */
  readonly refused = input<string | null>(null);
}
