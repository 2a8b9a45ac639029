import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterRenderEffect,
  inject,
  input,
} from '@angular/core';

let next = 1;

/**
 * A label over one control (`<input class="input">`, select or textarea), with a hint or what is wrong
 * with it below, tied together for screen readers.
 */
@Component({
  selector: 'souk-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <label [attr.for]="id">{{ label() }}</label>
    <ng-content />
    @if (error()) {
      <p class="error" [id]="id + '-help'">{{ error() }}</p>
    } @else if (hint()) {
      <p class="hint" [id]="id + '-help'">{{ hint() }}</p>
    }
  `,
  styles: `
    :host {
      display: grid;
      gap: 4px;
      align-content: start;
      min-width: 0;
    }
    label {
      color: var(--muted);
      font-size: 12px;
      font-weight: 550;
    }
    .hint,
    .error {
      font-size: 12px;
    }
    .hint {
      color: var(--muted);
    }
    .error {
      color: var(--down);
    }
  `,
})
export class Field {
  readonly label = input.required<string>();
  readonly hint = input<string | null>(null);
  readonly error = input<string | null>(null);

  protected readonly id = `field-${next++}`;
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);

  constructor() {
    afterRenderEffect(() => {
      const control = this.host.nativeElement.querySelector('input, select, textarea');
      if (!control) return;
      control.id = this.id;
      const helped = this.error() || this.hint();
      setAttribute(control, 'aria-invalid', this.error() ? 'true' : null);
      setAttribute(control, 'aria-describedby', helped ? `${this.id}-help` : null);
    });
  }
}

function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}
