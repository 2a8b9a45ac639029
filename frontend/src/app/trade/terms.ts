import type { Instrument } from '../core/client';
import { Decimal, decimalsOf } from '../core/decimal';

/** As on the wire. */
export type Side = 'BUY' | 'SELL';

/** An instrument's figures, to compute with. */
export interface Terms {
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  readonly tick: Decimal;
  readonly lot: Decimal;
  readonly minNotional: Decimal;
  readonly makerFee: Decimal;
  readonly takerFee: Decimal;
  readonly protection: Decimal;
  readonly band: Decimal;
  /** The decimals that money of each asset has. */
  readonly baseScale: number;
  readonly quoteScale: number;
}

/** The scales of the ledger; an instrument tells only its quote asset's. */
const SCALES: Readonly<Record<string, number>> = { USD: 2, USDT: 6, BTC: 8, ETH: 8 };

export function termsOf(instrument: Instrument): Terms {
  return {
    name: instrument.name,
    base: instrument.base,
    quote: instrument.quote,
    tick: Decimal.of(instrument.tick_size),
    lot: Decimal.of(instrument.lot_size),
    minNotional: Decimal.of(instrument.min_notional),
    makerFee: Decimal.of(instrument.maker_fee_percent),
    takerFee: Decimal.of(instrument.taker_fee_percent),
    protection: Decimal.of(instrument.protection_percent),
    band: Decimal.of(instrument.price_band_percent),
    baseScale: SCALES[instrument.base] ?? 8,
    quoteScale: decimalsOf(instrument.min_notional),
  };
}

/** The worst price at which a market order may trade where the best one, or its stop, is `best`. */
export function protectionPrice(side: Side, best: Decimal, terms: Terms): Decimal {
  const share = best.percent(terms.protection);
  return side === 'BUY'
    ? best.plus(share).toMultipleOf(terms.tick, 'down')
    : best.minus(share).toMultipleOf(terms.tick, 'up');
}
