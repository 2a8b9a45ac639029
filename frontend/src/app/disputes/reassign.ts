import { ChangeDetectionStrategy, Component, inject, input, output, signal } from '@angular/core';
import { reassignDispute } from '../core/client';
import { Command } from '../core/command';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import type { Seen } from './standing';

/** Gives a dispute to another arbitrator. */
@Component({
  selector: 'souk-reassign',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <form class="row" (submit)="submit($event)">
      <input
        class="input"
        aria-label="Arbitrator to give it to"
        placeholder="Arbitrator's username"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        [value]="to()"
        [attr.aria-invalid]="command.problem() ? 'true' : null"
        (input)="to.set($any($event.target).value)"
      />
      <button class="button" [disabled]="command.busy() || !to().trim()">Reassign</button>
    </form>
    @if (command.problem(); as problem) {
      <p class="note bad" role="alert">{{ problem.sentence }}</p>
    }
  `,
  styles: `
    .row {
      flex-wrap: nowrap;
    }
    .input {
      min-width: 0;
      max-width: 200px;
      min-height: 34px;
    }
    .note {
      margin-top: 6px;
    }
  `,
})
export class Reassign {
  readonly dispute = input.required<Seen>();
  readonly done = output<void>();

  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly to = signal('');

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const arbitrator = this.to().trim();
    const yes = await this.confirm.ask({
      title: `Give dispute ${this.dispute().id} to ${arbitrator}?`,
      facts: [
        ['Now with', this.dispute().arbitrator ?? 'nobody'],
        ['Then with', arbitrator],
      ],
      yes: 'Reassign',
    });
    if (!yes) return;
    const { id } = this.dispute();
    if (!(await this.command.run(reassignDispute, { id, body: { arbitrator } }))) return;
    this.to.set('');
    this.toasts.show(`${arbitrator} decides dispute ${id} now.`, 'good');
    this.done.emit();
  }
}
