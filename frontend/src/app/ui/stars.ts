import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** A rating of 1 to 5 as stars; screen readers hear the figure. */
@Component({
  selector: 'souk-stars',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'img', '[attr.aria-label]': "rating() + ' of 5'" },
  template: `{{ full() }}<span>{{ empty() }}</span>`,
  styles: `
    :host {
      color: var(--warn);
      letter-spacing: 1px;
      white-space: nowrap;
    }
    span {
      color: var(--line-strong);
    }
  `,
})
export class Stars {
  readonly rating = input.required<number>();
  protected readonly full = computed(() => '★'.repeat(this.rating()));
  protected readonly empty = computed(() => '☆'.repeat(5 - this.rating()));
}
