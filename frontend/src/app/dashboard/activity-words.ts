import { Injectable, inject } from '@angular/core';
import type { Notification, OwnTrade, Posting } from '../core/client';
import { Format } from '../core/format';
import { Notices } from '../core/notices';
import type { IconName } from '../ui/icon';

/** A line of what happened. */
export interface Happening {
  key: string;
  at: string;
  icon: IconName;
  text: string;
  link: string;
}

/** What fills and postings tell already. */
const TOLD_ELSEWHERE = ['ORDER_FILLED', 'DEPOSIT_RECEIVED'];

/** Puts into a sentence what happened. */
@Injectable({ providedIn: 'root' })
export class ActivityWords {
  private readonly format = inject(Format);
  private readonly told = inject(Notices);

  fill(fill: OwnTrade): Happening {
    const [base = '', quote = ''] = fill.instrument.split('-');
    const did = fill.order_type === 'BUY' ? 'Bought' : 'Sold';
    const quantity = `${this.format.short(fill.quantity)}\u00a0${base}`;
    return {
      key: `fill ${fill.instrument} ${fill.trade_id} ${fill.order_id}`,
      at: fill.created_at,
      icon: 'trade',
      text: `${did} ${quantity} at ${this.format.money(fill.price, quote)}`,
      link: `/trade/${fill.instrument}`,
    };
  }

  /** One line for each; the grants of a new account are one together. */
  movements(postings: readonly Posting[]): readonly Happening[] {
    const lines = postings.filter(({ type }) => type !== 'REGISTRATION');
    const start = postings.find(({ type }) => type === 'REGISTRATION');
    return [...lines, ...(start ? [start] : [])].map((posting) => ({
      key: `posting ${posting.id}`,
      at: posting.created_at,
      icon: 'wallet',
      text: this.movement(posting),
      link: '/wallets',
    }));
  }

  notices(notices: readonly Notification[]): readonly Happening[] {
    return notices
      .filter(({ type }) => !TOLD_ELSEWHERE.includes(type))
      .map((notice) => ({
        key: `notice ${notice.id}`,
        at: notice.created_at,
        icon: notice.p2p_trade_id ? 'p2p' : 'bell',
        text: this.told.sentence(notice),
        link: this.told.link(notice) ?? '/profile/notifications',
      }));
  }

  private movement({ amount, currency, type }: Posting): string {
    const money = this.format.money(amount.replace('-', ''), currency);
    if (type === 'REGISTRATION') return 'Account opened, with simulated money to begin with';
    return type === 'DEPOSIT' ? `Deposited ${money}` : `Withdrew ${money}`;
  }
}
