import { ChangeDetectionStrategy, Component, inject, input, output, signal } from '@angular/core';
import { type P2PMessage, type P2PTrade, writeMessage } from '../core/client';
import { Command } from '../core/command';
import { When } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Empty } from '../ui/state';
import { Session } from '../core/session';

/** What the parties wrote to each other; the arbitrator may ask in the same place. */
@Component({
  selector: 'souk-chat',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'region', 'aria-label': 'Chat' },
  imports: [Empty, Icon, When],
  template: `
    <div class="panel-head"><h2>Chat of the trade</h2></div>
    @if (messages().length) {
      <ol tabindex="0" aria-label="Messages">
        @for (message of messages(); track message.id) {
          <li [class.own]="message.from === session.user()?.username">
            <p class="small muted">
              {{ message.from }}, {{ partOf(message.from) }} ·
              {{ message.created_at | when: 'short' }}
            </p>
            <p class="text">{{ message.text }}</p>
          </li>
        }
      </ol>
    } @else {
      <souk-empty text="They have not written to each other." />
    }
    @if (mayWrite()) {
      <form (submit)="send($event)">
        <input
          class="input"
          aria-label="Message to both"
          placeholder="Ask both of them"
          maxlength="2000"
          [value]="text()"
          (input)="text.set($any($event.target).value)"
        />
        <button class="button" [disabled]="command.busy() || !text().trim()">
          <souk-icon name="send" [size]="16" />Send
        </button>
        @if (command.problem(); as problem) {
          <p class="note bad" role="alert">{{ problem.sentence }}</p>
        }
      </form>
    }
  `,
  styles: `
    ol {
      display: grid;
      gap: 10px;
      max-height: 420px;
      padding: 14px 16px;
      overflow: auto;
    }
    li {
      justify-self: start;
      max-width: 85%;
    }
    .text {
      padding: 7px 11px;
      border-radius: 4px 10px 10px;
      background: var(--raised);
      overflow-wrap: anywhere;
      white-space: pre-line;
    }
    .own {
      justify-self: end;
    }
    .own .text {
      background: var(--accent-soft);
    }
    form {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
      gap: 8px;
      padding: 12px 16px;
      border-top: 1px solid var(--line);
    }
    .note {
      grid-column: 1 / -1;
    }
  `,
})
export class Chat {
  readonly trade = input.required<P2PTrade>();
  readonly messages = input.required<readonly P2PMessage[]>();
  readonly mayWrite = input(false);
  readonly done = output<void>();

  protected readonly session = inject(Session);
  protected readonly command = new Command();
  protected readonly text = signal('');

  protected partOf(name: string): string {
    const { buyer, seller } = this.trade();
    return name === buyer ? 'buyer' : name === seller ? 'seller' : 'arbitrator';
  }

  protected async send(event: Event): Promise<void> {
    event.preventDefault();
    const body = { text: this.text().trim() };
    if (!body.text) return;
    if (!(await this.command.run(writeMessage, { id: this.trade().id, body }))) return;
    this.text.set('');
    this.done.emit();
  }
}
