import { ChangeDetectionStrategy, Component, input, model, signal } from '@angular/core';
import { Field } from '../ui/field';
import { Icon } from '../ui/icon';

/** A password's field, which can be shown. */
@Component({
  selector: 'souk-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, Icon],
  template: `
    <souk-field [label]="label()" [hint]="hint()" [error]="error()">
      <div class="box">
        <input
          class="input"
          name="password"
          required
          [type]="shown() ? 'text' : 'password'"
          [attr.autocomplete]="autocomplete()"
          [value]="value()"
          (input)="value.set($any($event.target).value)"
        />
        <button
          type="button"
          class="icon-button"
          [attr.aria-label]="shown() ? 'Hide the password' : 'Show the password'"
          [attr.aria-pressed]="shown()"
          (click)="shown.set(!shown())"
        >
          <souk-icon [name]="shown() ? 'hide' : 'eye'" />
        </button>
      </div>
    </souk-field>
  `,
  styles: `
    .box {
      position: relative;
    }
    .input {
      padding-inline-end: 44px;
    }
    .icon-button {
      position: absolute;
      inset-block: 1px;
      inset-inline-end: 2px;
    }
  `,
})
export class Password {
  readonly label = input.required<string>();
  readonly autocomplete = input.required<'current-password' | 'new-password'>();
  readonly hint = input<string | null>(null);
  readonly error = input<string | null>(null);
  readonly value = model('');
  protected readonly shown = signal(false);
}
