import { DIALOG_DATA, Dialog, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';

export interface Question {
  title: string;
  text?: string;
  /** Figures to look at before saying yes: name and value. */
  facts?: readonly (readonly [string, string])[];
  /** What the button says; the verb of what is done. */
  yes: string;
  tone?: 'primary' | 'danger' | 'buy' | 'sell';
  /** A sentence that has to be ticked first, for what cannot be undone. */
  tick?: string;
}

@Component({
  selector: 'souk-question',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h2 id="question">{{ asked.title }}</h2>
    @if (asked.text) {
      <p>{{ asked.text }}</p>
    }
    @if (asked.facts; as facts) {
      <dl class="facts panel padded">
        @for (fact of facts; track fact[0]) {
          <dt>{{ fact[0] }}</dt>
          <dd class="num">{{ fact[1] }}</dd>
        }
      </dl>
    }
    @if (asked.tick) {
      <label class="check">
        <input type="checkbox" [checked]="ticked()" (change)="ticked.set(!ticked())" />
        {{ asked.tick }}
      </label>
    }
    <div class="row">
      <button type="button" class="button" (click)="ref.close(false)">Back</button>
      <button
        type="button"
        class="button"
        [class]="asked.tone ?? 'primary'"
        [disabled]="asked.tick && !ticked()"
        (click)="ref.close(true)"
      >
        {{ asked.yes }}
      </button>
    </div>
  `,
  styles: `
    :host {
      display: grid;
      gap: 14px;
      padding: 20px;
    }
    h2 {
      font-size: 17px;
    }
    .row {
      justify-content: end;
      margin-top: 4px;
    }
  `,
})
class QuestionBox {
  protected readonly asked = inject<Question>(DIALOG_DATA);
  protected readonly ref = inject<DialogRef<boolean>>(DialogRef);
  protected readonly ticked = signal(false);
}

/** Asks before what is large, final or easily regretted. */
@Injectable({ providedIn: 'root' })
export class Confirm {
  private readonly dialog = inject(Dialog);

  /** Whether the person said yes. */
  async ask(question: Question): Promise<boolean> {
    const ref = this.dialog.open<boolean>(QuestionBox, {
      data: question,
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'question',
      autoFocus: 'first-tabbable',
    });
    return (await firstValueFrom(ref.closed)) ?? false;
  }
}
