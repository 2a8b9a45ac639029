import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { stored } from '../core/storage';

/** The keys of the trading screen. */
export const KEYS = [
  { key: 'b', label: 'Buy' },
  { key: 's', label: 'Sell' },
  { key: 'l', label: 'Limit order' },
  { key: 'm', label: 'Market order' },
  { key: 'p', label: 'Go to the price' },
  { key: 'q', label: 'Go to the quantity' },
  { key: '/', label: 'Choose an instrument' },
  { key: '?', label: 'Show these keys' },
] as const;

/** Whether single keys act on this device; people who dictate need them off. */
export const areKeysOn = () => stored('trade-keys', true);

/** Tells the keys, and turns them on and off. */
@Component({
  selector: 'souk-shortcuts',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h2 id="shortcuts">Keyboard</h2>
    <dl class="facts">
      @for (each of keys; track each.key) {
        <dt>{{ each.label }}</dt>
        <dd>
          <kbd>{{ each.key }}</kbd>
        </dd>
      }
    </dl>
    <p class="muted small">
      In a price or quantity the up and down arrows step; in the order book they move from line to
      line, and Enter takes a price; on the chart the arrows scroll, + and − zoom.
    </p>
    <label class="check">
      <input type="checkbox" [checked]="isOn()" (change)="isOn.set(!isOn())" />
      Use these keys on this device
    </label>
    <div class="row">
      <button type="button" class="button primary" (click)="ref.close(isOn())">Done</button>
    </div>
  `,
  styles: `
    :host {
      display: grid;
      gap: 14px;
      padding: 20px;
    }
    kbd {
      display: inline-block;
      min-width: 24px;
      padding: 1px 6px;
      border: 1px solid var(--line-strong);
      border-radius: 4px;
      font: inherit;
      text-align: center;
    }
    .row {
      justify-content: end;
    }
  `,
})
export class Shortcuts {
  protected readonly ref = inject<DialogRef<boolean>>(DialogRef);
  protected readonly keys = KEYS;
  protected readonly isOn = areKeysOn();
}
