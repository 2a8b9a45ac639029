import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';

/** How much of what is available: a slider, and its quarters as buttons. */
@Component({
  selector: 'souk-portion',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <input
      #slider
      type="range"
      min="0"
      max="100"
      step="1"
      aria-label="Part of the available balance"
      [value]="value()"
      [disabled]="disabled()"
      [attr.aria-valuetext]="value() + ' percent'"
      (input)="picked.emit(+slider.value)"
    />
    <div>
      @for (quarter of quarters; track quarter) {
        <button
          type="button"
          class="button small"
          [disabled]="disabled()"
          [attr.aria-label]="quarter + ' percent of the available balance'"
          (click)="picked.emit(quarter)"
        >
          {{ quarter }} %
        </button>
      }
    </div>
  `,
  styles: `
    :host {
      display: grid;
      gap: 4px;
    }
    input {
      width: 100%;
      height: 24px;
      margin: 0;
      accent-color: var(--accent);
    }
    div {
      display: grid;
      grid-template-columns: repeat(4, 1fr);
      gap: 6px;
    }
    button {
      padding: 2px 0;
    }
  `,
})
export class Portion {
  readonly value = input.required<number>();
  readonly disabled = input(false);
  readonly picked = output<number>();
  protected readonly quarters = [25, 50, 75, 100];
}
