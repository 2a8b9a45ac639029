import { ChangeDetectionStrategy, Component, inject, input, output, signal } from '@angular/core';
import { appealVerdict } from '../core/client';
import { Command } from '../core/command';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import type { Seen } from './standing';

/** For who lost: asks for another arbitrator, once. */
@Component({
  selector: 'souk-appeal-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <section class="panel" aria-labelledby="appeal-head">
      <div class="panel-head"><h2 id="appeal-head">Appeal</h2></div>
      <form class="stack" (submit)="submit($event)">
        @if (command.problem(); as problem) {
          <p class="note bad" role="alert">{{ problem.sentence }}</p>
        }
        <souk-field label="What is wrong with the verdict">
          <textarea
            class="input"
            maxlength="2000"
            [value]="reason()"
            (input)="reason.set($any($event.target).value)"
          ></textarea>
        </souk-field>
        <button class="button" [disabled]="command.busy() || !reason().trim()">Appeal</button>
      </form>
    </section>
  `,
  styles: `
    form {
      padding: 16px;
    }
    .button {
      justify-self: start;
    }
  `,
})
export class AppealForm {
  readonly dispute = input.required<Seen>();
  readonly done = output<void>();

  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly reason = signal('');

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const yes = await this.confirm.ask({
      title: 'Appeal against the verdict?',
      text: 'Another arbitrator decides anew. There is one appeal only.',
      yes: 'Appeal',
    });
    if (!yes) return;
    const params = { id: this.dispute().id, body: { reason: this.reason().trim() } };
    if (!(await this.command.run(appealVerdict, params))) return;
    this.toasts.show('Your appeal is in; another arbitrator decides.', 'good');
    this.done.emit();
  }
}
