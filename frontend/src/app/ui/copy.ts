import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { Toasts } from '../core/toasts';

/** Copies a text, and says so. */
@Component({
  selector: 'souk-copy',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <button
      type="button"
      class="button small"
      [attr.aria-label]="'Copy ' + what()"
      (click)="copy()"
    >
      Copy
    </button>
  `,
})
export class Copy {
  readonly text = input.required<string>();
  /** What it is, after "Copy". */
  readonly what = input.required<string>();
  private readonly toasts = inject(Toasts);

  protected async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text());
      this.toasts.show(`Copied ${this.what()}.`);
    } catch {
      // Without a secure origin a page has no clipboard.
      this.toasts.show('This browser does not let the page copy. Select the text by hand.', 'bad');
    }
  }
}
