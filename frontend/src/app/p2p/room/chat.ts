import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterRenderEffect,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { writeMessage } from '../../core/client';
import { Command } from '../../core/command';
import { When } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { isOpen } from '../machine';
import { actionText } from '../texts';
import { TradeRoom } from './trade-room';

interface Line {
  key: string;
  sequence: number;
  at: string;
  text: string;
  /** Who wrote it; null for what happened to the trade. */
  from: string | null;
}

const TEXT_MAX = 2000;

/** The chat of a trade, with what happened to it in between. */
@Component({
  selector: 'souk-chat',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, When],
  template: `
    <div class="panel-head">
      <h2 id="chat">{{ room.role() === 'observer' ? 'Chat' : 'Chat with ' + room.other() }}</h2>
    </div>
    <div #log class="log" role="log" aria-labelledby="chat" tabindex="0">
      @for (line of lines(); track line.key) {
        @if (line.from === null) {
          <p class="happened">
            {{ line.text }} <span class="at">{{ line.at | when: 'short' }}</span>
          </p>
        } @else {
          <div class="line" [class.own]="line.from === room.me()">
            <p class="from">
              {{ line.from === room.me() ? 'You' : line.from }}
              <span class="at">{{ line.at | when: 'short' }}</span>
            </p>
            <p class="text">{{ line.text }}</p>
          </div>
        }
      } @empty {
        <p class="happened">Nothing was written yet.</p>
      }
    </div>
    @if (room.acts().has('write')) {
      <form (submit)="send($event)">
        <label class="sr-only" for="message">Message</label>
        <textarea
          #box
          id="message"
          class="input"
          rows="1"
          placeholder="Write a message"
          [attr.maxlength]="max"
          [value]="text()"
          (input)="text.set($any($event.target).value)"
          (keydown.enter)="enter($any($event))"
        ></textarea>
        <button
          type="submit"
          class="button primary"
          aria-label="Send"
          [disabled]="!text().trim() || command.busy()"
        >
          <souk-icon name="send" />
        </button>
      </form>
      <p class="hint">Enter sends, Shift and Enter begin a new line.</p>
      @if (command.problem(); as problem) {
        <p class="note bad" role="alert">{{ problem.sentence }}</p>
      }
    } @else {
      <p class="hint closed">
        {{ closed() }}
      </p>
    }
  `,
  styleUrl: './chat.css',
})
export class Chat {
  protected readonly room = inject(TradeRoom);
  protected readonly command = new Command();
  protected readonly text = signal('');
  protected readonly max = TEXT_MAX;
  private readonly log = viewChild.required<ElementRef<HTMLElement>>('log');

  protected readonly lines = computed<readonly Line[]>(() => {
    const said = this.room.messages().map((message) => ({
      key: `m${message.id}`,
      sequence: message.sequence,
      at: message.created_at,
      text: message.text,
      from: message.from,
    }));
    const happened = this.room.audit().map((entry, index, all) => ({
      key: `a${entry.sequence}`,
      sequence: entry.sequence,
      at: entry.created_at,
      text: actionText(entry, all[index - 1]),
      from: null,
    }));
    return [...said, ...happened].sort((a, b) => a.sequence - b.sequence);
  });

  /** Why nothing can be written. */
  protected readonly closed = computed(() => {
    const trade = this.room.trade();
    if (!trade || !isOpen(trade)) return 'The trade is over: nothing can be written any more.';
    return trade.frozen
      ? 'While the trade is frozen nothing can be written.'
      : 'Only the buyer, the seller and who decides between them write here.';
  });

  constructor() {
    afterRenderEffect(() => {
      this.lines();
      const log = this.log().nativeElement;
      log.scrollTop = log.scrollHeight;
    });
  }

  protected enter(event: KeyboardEvent): void {
    if (event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void this.send(event);
  }

  protected async send(event: Event): Promise<void> {
    event.preventDefault();
    const [text, trade] = [this.text().trim(), this.room.trade()];
    if (!text || !trade) return;
    const message = await this.command.run(writeMessage, { id: trade.id, body: { text } });
    if (!message) return;
    this.text.set('');
    this.room.addMessages([message]);
  }
}
