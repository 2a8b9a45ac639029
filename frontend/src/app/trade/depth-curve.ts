import type { BookView, Level } from './order-book';

/** A point of the curve: chart coordinates, not money. */
export interface Point {
  readonly price: number;
  readonly total: number;
}

export interface Curves {
  readonly bids: readonly Point[];
  readonly asks: readonly Point[];
  readonly low: number;
  readonly high: number;
  readonly most: number;
}

/** How much stands on each side up to each price, within `percent` of the middle; null without a side. */
export function depthCurves(view: BookView, percent: number): Curves | null {
  const [bid, ask] = [view.bids[0]?.price.toNumber(), view.asks[0]?.price.toNumber()];
  if (bid === undefined || ask === undefined) return null;
  const middle = (bid + ask) / 2;
  const reach = Math.max((middle * percent) / 100, (ask - bid) * 2);
  const [low, high] = [middle - reach, middle + reach];
  const bids = cumulate(view.bids, (price) => price >= low);
  const asks = cumulate(view.asks, (price) => price <= high);
  const most = Math.max(bids.at(-1)?.total ?? 0, asks.at(-1)?.total ?? 0);
  return { bids, asks, low, high, most };
}

function cumulate(levels: readonly Level[], isWithin: (price: number) => boolean): Point[] {
  const points: Point[] = [];
  let total = 0;
  for (const level of levels) {
    const price = level.price.toNumber();
    if (!isWithin(price)) break;
    total += level.quantity.toNumber();
    points.push({ price, total });
  }
  return points;
}

/** The curve as a step path in a box of `width` by `height`, closed along its floor. */
export function stepPath(
  points: readonly Point[],
  edge: number,
  { low, high, most }: Curves,
  width: number,
  height: number,
): string {
  const x = (price: number) => round(((price - low) / (high - low)) * width);
  const y = (total: number) => round(height - (most > 0 ? total / most : 0) * height * 0.94);
  const first = points[0];
  if (!first) return '';
  let path = `M${x(first.price)} ${height}`;
  for (const { price, total } of points) path += `H${x(price)}V${y(total)}`;
  return `${path}H${x(edge)}V${height}Z`;
}

/** How much stands up to `price`, on the side that it lies on. */
export function totalAt(curves: Curves, price: number): Point | null {
  const isBid = price <= (curves.bids[0]?.price ?? -Infinity);
  const side = isBid ? curves.bids : curves.asks;
  const reached = side.filter((point) => (isBid ? point.price >= price : point.price <= price));
  return reached.at(-1) ?? null;
}

function round(figure: number): number {
  return Math.round(figure * 10) / 10;
}
