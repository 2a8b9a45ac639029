import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  viewChild,
} from '@angular/core';
import {
  acceptCancel,
  cancelTrade,
  concedeTrade,
  confirmPayment,
  extendTrade,
  markSent,
  type P2PTrade,
  rejectCancel,
} from '../../core/client';
import { Command } from '../../core/command';
import { Format } from '../../core/format';
import { Toasts } from '../../core/toasts';
import { Confirm, type Question } from '../../ui/confirm';
import { When } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { lessFees } from '../amounts';
import { Decimal } from '../../core/decimal';
import { isOpen } from '../machine';
import { methodName, refusalText } from '../texts';
import { Countdown } from './countdown';
import { OpenDispute } from './open-dispute';
import { cancelRules, outlookOf } from './outlook';
import { TradeRoom } from './trade-room';

/** What is next in a trade, how long there is for it, and the buttons for it. */
@Component({
  selector: 'souk-next-step',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Countdown, Icon, When],
  templateUrl: './next-step.html',
  styleUrl: './next-step.css',
})
export class NextStep {
  protected readonly room = inject(TradeRoom);
  private readonly confirm = inject(Confirm);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  private readonly dialog = inject(Dialog);
  protected readonly command = new Command();
  protected readonly acts = this.room.acts;
  protected readonly isOpen = isOpen;
  private readonly heading = viewChild.required<ElementRef<HTMLElement>>('title');

  protected readonly outlook = computed(() => {
    const trade = this.room.trade()!;
    const dispute = this.room.dispute();
    return outlookOf(trade, this.room.role(), dispute, this.fiat(trade), this.amount(trade));
  });
  protected readonly rules = computed(() => {
    const trade = this.room.trade()!;
    return trade.frozen ? null : cancelRules(trade, this.room.role());
  });
  protected readonly refusal = computed(() => {
    const problem = this.command.problem();
    return problem && refusalText(problem, this.format);
  });

  protected async paid(): Promise<void> {
    const trade = this.room.trade()!;
    const account = trade.payment_account;
    await this.ask(
      {
        title: 'Have you sent the money?',
        text: `${trade.seller} is told to look for it. Saying so without paying can keep you from trading.`,
        facts: [
          ['Sent', this.fiat(trade)],
          ['By', methodName(trade.payment_method)],
          ...(account ? ([['To', account.holder]] as const) : []),
          ['You get', this.received(trade)],
        ],
        yes: 'I have paid',
        tick: 'I have sent exactly this amount from an account in my own name.',
      },
      markSent,
      'Marked as paid.',
    );
  }

  protected async release(): Promise<void> {
    const trade = this.room.trade()!;
    await this.ask(
      {
        title: `Release the coins to ${trade.buyer}?`,
        text: 'This cannot be undone. Look into your account first; a message or a picture of a payment proves nothing.',
        facts: [
          ['You have received', this.fiat(trade)],
          ['By', methodName(trade.payment_method)],
          [`${trade.buyer} gets`, this.received(trade)],
        ],
        yes: `Release ${trade.currency}`,
        tick: 'The full amount is in my account, from the buyer’s own name.',
      },
      confirmPayment,
      'The coins are released.',
    );
  }

  protected async extend(): Promise<void> {
    const trade = this.room.trade()!;
    await this.ask(
      {
        title: `Give ${trade.buyer} more time?`,
        text: 'The time to pay starts over once more. This goes once in a trade, and your coins stay locked meanwhile.',
        yes: 'Give more time',
      },
      extendTrade,
      'The time to pay is longer now.',
    );
  }

  protected async cancel(): Promise<void> {
    const trade = this.room.trade()!;
    const isPaid = trade.status !== 'PENDING';
    const yes = await this.confirm.ask({
      title: 'Cancel this trade?',
      text: isPaid
        ? `You have said that the money was sent. If it was, you lose it: the coins go back to ${trade.seller}. This counts as a heavier fault.`
        : `The coins go back to ${trade.seller}. Unless the trade has just been opened, this counts against you.`,
      facts: [['Back to ' + trade.seller, this.amount(trade)]],
      yes: 'Cancel the trade',
      tone: 'danger',
      tick: isPaid ? 'I have sent no money for this trade.' : undefined,
    });
    if (!yes) return;
    const body = { expected_state: trade.status, ...(isPaid ? { not_paid: true } : {}) };
    this.done(
      await this.command.run(cancelTrade, { id: trade.id, body }),
      'The trade is cancelled.',
    );
  }

  protected async askCancel(): Promise<void> {
    const trade = this.room.trade()!;
    await this.ask(
      {
        title: `Ask ${trade.buyer} to cancel?`,
        text: `If ${trade.buyer} agrees, your coins come back and it counts against nobody. You can ask three times at most.`,
        yes: 'Ask to cancel',
      },
      cancelTrade,
      `${trade.buyer} is asked.`,
    );
  }

  protected async acceptCancel(): Promise<void> {
    const trade = this.room.trade()!;
    await this.ask(
      {
        title: 'Agree to cancel?',
        text: 'If you have sent money, refuse instead. It counts against nobody.',
        facts: [['Back to ' + trade.seller, this.amount(trade)]],
        yes: 'Agree to cancel',
        tone: 'danger',
        tick: 'I have sent no money for this trade, or I have it back.',
      },
      acceptCancel,
      'The trade is cancelled.',
    );
  }

  protected async rejectCancel(): Promise<void> {
    const trade = this.room.trade()!;
    const body = { expected_state: trade.status };
    this.done(await this.command.run(rejectCancel, { id: trade.id, body }), 'Refused.');
  }

  protected async concede(): Promise<void> {
    const trade = this.room.trade()!;
    await this.ask(
      {
        title: 'Give in to the dispute?',
        text: 'The dispute ends and the coins go back. This cannot be undone.',
        facts: [['Back to ' + trade.seller, this.amount(trade)]],
        yes: 'Give in',
        tone: 'danger',
        tick: `The coins are to go back to ${trade.seller}.`,
      },
      concedeTrade,
      'The dispute is over.',
    );
  }

  protected openDispute(): void {
    this.dialog.open(OpenDispute, {
      data: this.room,
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'dispute',
    });
  }

  private async ask(question: Question, call: typeof markSent, text: string): Promise<void> {
    const trade = this.room.trade()!;
    if (!(await this.confirm.ask(question))) return;
    const body = { expected_state: trade.status };
    this.done(await this.command.run(call, { id: trade.id, body }), text);
  }

  private done(trade: P2PTrade | null, text: string): void {
    // What was refused has moved on: show how it stands.
    if (!trade) return void this.room.load();
    this.room.changed(trade);
    this.toasts.show(text, 'good');
    // The button that was pressed is gone; the keyboard goes on from what is next.
    this.heading().nativeElement.focus();
  }

  private fiat(trade: P2PTrade): string {
    return this.format.money(trade.total_fiat, trade.fiat_currency);
  }

  private amount(trade: P2PTrade): string {
    return this.format.money(trade.amount, trade.currency);
  }

  private received(trade: P2PTrade): string {
    const fees = [trade.fees.maker_percent, trade.fees.taker_percent];
    const amount = lessFees(Decimal.of(trade.amount), fees);
    return this.format.money(amount.toString(), trade.currency);
  }
}
