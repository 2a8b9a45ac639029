import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Command } from '../../core/command';
import { Decimal } from '../../core/decimal';
import { Feed } from '../../core/feed';
import { Format } from '../../core/format';
import { Toasts } from '../../core/toasts';
import { Money, When, Words } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { Failure, Skeleton } from '../../ui/state';
import { scaleOf } from '../amounts';
import { type ContactKind, Contacts } from '../contacts';
import { isOpen } from '../machine';
import { priceText } from '../pricing';
import { TradeStatus, statusTone } from '../texts';
import { AuditTrail } from './audit-trail';
import { Chat } from './chat';
import { DisputePanel } from './dispute-panel';
import { NextStep } from './next-step';
import { Payment } from './payment';
import { ReviewPanel } from './review';
import { Stepper } from './stepper';
import { TradeRoom } from './trade-room';

/** The room of one trade: what is next, where to pay, the chat, the dispute, the reviews. */
@Component({
  selector: 'souk-room',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    RouterLink,
    AuditTrail,
    Chat,
    DisputePanel,
    Failure,
    Icon,
    Money,
    NextStep,
    Payment,
    ReviewPanel,
    Skeleton,
    Stepper,
    TradeStatus,
    When,
    Words,
  ],
  providers: [TradeRoom],
  templateUrl: './room.html',
  styleUrl: './room.css',
})
export class Room {
  readonly id = input.required<string>();

  protected readonly room = inject(TradeRoom);
  protected readonly feed = inject(Feed);
  protected readonly contacts = inject(Contacts);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  protected readonly contact = new Command();
  protected readonly toneOf = statusTone;

  protected readonly title = computed(() => {
    const trade = this.room.trade()!;
    const amount = this.format.money(trade.amount, trade.currency);
    switch (this.room.role()) {
      case 'buyer':
        return `Buy ${amount} from ${trade.seller}`;
      case 'seller':
        return `Sell ${amount} to ${trade.buyer}`;
      case 'observer':
        return `${amount} from ${trade.seller} to ${trade.buyer}`;
    }
  });
  protected readonly isPayable = computed(() => {
    const trade = this.room.trade()!;
    return isOpen(trade) && this.room.role() !== 'observer';
  });
  protected readonly price = computed(() => {
    const trade = this.room.trade()!;
    return priceText(Decimal.of(trade.price), scaleOf(trade.fiat_currency));
  });
  protected readonly fees = computed(() => {
    const { maker_percent, taker_percent } = this.room.trade()!.fees;
    const sum = Decimal.of(maker_percent).plus(Decimal.of(taker_percent));
    return sum.isPositive() ? `${this.format.short(sum.toString())} %` : null;
  });

  constructor() {
    effect(() => {
      const id = this.id();
      untracked(() => this.room.open(id));
    });
  }

  protected async toggle(kind: ContactKind): Promise<void> {
    const other = this.room.other();
    const all = kind === 'blocks' ? this.contacts.blocked() : this.contacts.favoured();
    const done = all.has(other)
      ? await this.contacts.remove(kind, other, this.contact)
      : await this.contacts.add(kind, other, this.contact);
    if (!done) this.toasts.show(this.contact.problem()?.sentence ?? 'Not done.', 'bad');
  }
}
