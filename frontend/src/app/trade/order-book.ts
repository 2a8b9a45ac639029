import { Decimal } from '../core/decimal';
import { crc32 } from './crc32';

/** One price of a book, with what is shown there. Never changed: a new quantity is a new level. */
export interface Level {
  readonly price: Decimal;
  readonly quantity: Decimal;
  /** As on the wire, which is what the checksum is of. */
  readonly texts: readonly [price: string, quantity: string];
}

/** What a book event carries. */
export interface BookData {
  bids: readonly (readonly [string, string])[];
  asks: readonly (readonly [string, string])[];
  checksum: number;
}

/** How a book stood at one moment. */
export interface BookView {
  readonly sequence: number;
  /** Best first, both. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

const CHECKSUM_LEVELS = 10;

/** One side, best first. */
class Levels {
  private levels: Level[] = [];

  /** `direction` is 1 where the lowest price is best. */
  constructor(private readonly direction: 1 | -1) {}

  /** Sets a price to its quantity; none of it removes the price. */
  set(texts: readonly [string, string]): void {
    const price = Decimal.of(texts[0]);
    const quantity = Decimal.of(texts[1]);
    const at = this.placeOf(price);
    const isThere = this.levels[at]?.price.equals(price) ?? false;
    if (quantity.isZero()) {
      if (isThere) this.levels.splice(at, 1);
    } else this.levels.splice(at, isThere ? 1 : 0, { price, quantity, texts });
  }

  clear(): void {
    this.levels = [];
  }

  at(index: number): Level | undefined {
    return this.levels[index];
  }

  copy(): readonly Level[] {
    return [...this.levels];
  }

  /** The first index whose price is not better than `price`. */
  private placeOf(price: Decimal): number {
    let [low, high] = [0, this.levels.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.levels[middle]!.price.compare(price) * this.direction < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A book kept from the feed's events. It changes in place, since it changes a thousand times a second;
 * `view` is what may be shown of it.
 */
export class OrderBook {
  private readonly bids = new Levels(-1);
  private readonly asks = new Levels(1);
  private sequence = 0;

  /** Begins anew from a snapshot. False where the checksum says that this is not the book. */
  start(sequence: number, data: BookData): boolean {
    this.bids.clear();
    this.asks.clear();
    return this.apply(sequence, data);
  }

  /** Takes an update in. False where the checksum says that something was missed. */
  apply(sequence: number, data: BookData): boolean {
    this.sequence = sequence;
    for (const level of data.bids) this.bids.set(level);
    for (const level of data.asks) this.asks.set(level);
    return this.checksum() === data.checksum;
  }

  checksum(): number {
    const texts: string[] = [];
    for (let at = 0; at < CHECKSUM_LEVELS; at++)
      for (const level of [this.bids.at(at), this.asks.at(at)])
        if (level) texts.push(...level.texts);
    return crc32(texts.join(':'));
  }

  view(): BookView {
    return { sequence: this.sequence, bids: this.bids.copy(), asks: this.asks.copy() };
  }
}
