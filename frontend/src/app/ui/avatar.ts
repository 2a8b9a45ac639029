import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** The first letter of a name in a colour that the name decides; says nothing to screen readers. */
@Component({
  selector: 'souk-avatar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { 'aria-hidden': 'true', '[class]': "'tone-' + tone()" },
  template: `{{ letter() }}`,
  styles: `
    :host {
      display: inline-grid;
      flex: none;
      place-items: center;
      width: 44px;
      height: 44px;
      border-radius: 50%;
      background: #4a5568;
      color: #fff;
      font-size: 18px;
      font-weight: 650;
    }
    :host(.tone-1) {
      background: #2f54c8;
    }
    :host(.tone-2) {
      background: #0a7350;
    }
    :host(.tone-3) {
      background: #8a3d8f;
    }
    :host(.tone-4) {
      background: #a14a12;
    }
  `,
})
export class Avatar {
  readonly name = input.required<string>();
  protected readonly letter = computed(() => this.name().charAt(0).toUpperCase());
  protected readonly tone = computed(
    () => [...this.name()].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5,
  );
}
