import { Injectable, inject } from '@angular/core';
import type { Ad } from '../core/client';
import { Decimal } from '../core/decimal';
import { Market } from '../core/market';

/** Decimals of a P2P price. */
export const PRICE_SCALE = 8;

/** The middle between a bid and an ask, rounded down. */
export function midOf(bid: Decimal, ask: Decimal): Decimal {
  return bid.plus(ask).over(Decimal.ofInteger(2), PRICE_SCALE, 'down');
}

/** What a floating price comes to: the index with its margin, no lower than the floor, no higher than the ceiling. */
export function floatingPrice(
  index: Decimal,
  margin: Decimal,
  floor: Decimal | null,
  ceiling: Decimal | null,
): Decimal {
  const price = index.percent(Decimal.hundred.plus(margin)).rounded(PRICE_SCALE, 'down');
  const raised = floor ? price.max(floor) : price;
  return (ceiling ? raised.min(ceiling) : raised).rounded(PRICE_SCALE, 'down');
}

/** What floating prices stand on, and what ads cost right now. */
@Injectable({ providedIn: 'root' })
export class Pricing {
  private readonly market = inject(Market);

  /** The middle of our own book, while it has both sides. */
  mid(currency: string, fiat: string): Decimal | null {
    const ticker = this.market.tickers()[`${currency}-${fiat}`];
    const [bid, ask] = [Decimal.parse(ticker?.best_bid), Decimal.parse(ticker?.best_ask)];
    return bid && ask ? midOf(bid, ask) : null;
  }

  /** The last trade, which is an index for a minute where the book has one side only. */
  last(currency: string, fiat: string): Decimal | null {
    return Decimal.parse(this.market.tickers()[`${currency}-${fiat}`]?.last);
  }

  /** What a taker gets now: a floating price moves with the book, without a word from the exchange. */
  of(ad: Ad): Decimal | null {
    const told = Decimal.parse(ad.effective_price);
    if (ad.price_type !== 'FLOATING') return told;
    const index = this.mid(ad.currency, ad.fiat_currency);
    const margin = Decimal.parse(ad.margin_percent);
    if (!index || !margin) return told;
    return floatingPrice(
      index,
      margin,
      Decimal.parse(ad.price_floor),
      Decimal.parse(ad.price_ceiling),
    );
  }
}

/** A price without zeros at its end, but with the decimals of its fiat at least. */
export function priceText(price: Decimal, fiatScale: number): string {
  const short = Decimal.of(price.toShortString());
  return short.rounded(Math.max(short.scale, fiatScale), 'down').toString();
}
