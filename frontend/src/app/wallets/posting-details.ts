import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, resource } from '@angular/core';
import { RouterLink } from '@angular/router';
import {
  Api,
  type Order,
  type OwnTrade,
  type P2PTrade,
  type Posting,
  listAudit,
  listOrders,
  listOwnTrades,
  listP2PTrades,
  transactions,
} from '../core/client';
import { problemOf } from '../core/problem';
import { Figure, Money, Signed, When, Words } from '../ui/figures';
import { Failure, Skeleton } from '../ui/state';
import { ACCOUNTS, fillsOf, orderOf } from './posting';

interface Cause {
  legs: readonly Posting[];
  fills: readonly OwnTrade[];
  order: Order | null;
  p2pTrade: P2PTrade | null;
}

/** What a posting is a part of: its other legs, and the order, fills or P2P trade that it came from. */
@Component({
  selector: 'souk-posting-details',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Failure, Figure, Money, Signed, Skeleton, When, Words],
  templateUrl: './posting-details.html',
  styles: `
    :host {
      display: grid;
      gap: 14px;
      padding: 20px;
    }
    h2 {
      font-size: 17px;
    }
    ul {
      display: grid;
    }
    li {
      display: flex;
      flex-wrap: wrap;
      gap: 2px 16px;
      justify-content: space-between;
      padding: 8px 12px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    .end {
      justify-content: end;
    }
  `,
})
export class PostingDetails {
  protected readonly posting = inject<Posting>(DIALOG_DATA);
  protected readonly ref = inject(DialogRef);
  protected readonly accounts = ACCOUNTS;
  protected readonly problemOf = problemOf;
  protected readonly cause = resource({ loader: () => this.read() });
  private readonly api = inject(Api);

  private async read(): Promise<Cause> {
    const { sequence, type } = this.posting;
    const [legs, fills, order, p2pTrade] = await Promise.all([
      this.api.invoke(transactions, { limit: 500 }),
      type === 'TRADE' || type === 'FEE' ? this.fills() : [],
      type.startsWith('ORDER_') ? this.order() : null,
      type.startsWith('ESCROW_') ? this.p2pTrade() : null,
    ]);
    const together = legs.data.filter((each) => each.sequence === sequence);
    return { legs: together.length ? together : [this.posting], fills, order, p2pTrade };
  }

  private async fills(): Promise<readonly OwnTrade[]> {
    const { data } = await this.api.invoke(listOwnTrades, { limit: '500' });
    return fillsOf(this.posting, data);
  }

  private async order(): Promise<Order | null> {
    const { data } = await this.api.invoke(listOrders, { limit: '500' });
    return orderOf(this.posting, data);
  }

  /** The one whose trail has this very fact; only those that were under way then come into question. */
  private async p2pTrade(): Promise<P2PTrade | null> {
    const { created_at, currency, sequence } = this.posting;
    const { data } = await this.api.invoke(listP2PTrades, { limit: 200 });
    const near = data.filter(
      (trade) =>
        trade.currency === currency &&
        trade.created_at <= created_at &&
        created_at <= trade.updated_at,
    );
    for (const trade of near.slice(0, 10)) {
      const trail = await this.api.invoke(listAudit, { id: trade.id, limit: 500 });
      if (trail.data.some((line) => line.sequence === sequence)) return trade;
    }
    return null;
  }
}
