/** One's own fills of one side in one candle. */
export interface Mark {
  /** When the candle begins, in milliseconds. */
  at: number;
  isBuy: boolean;
  count: number;
}

interface Fill {
  created_at: string;
  order_type: string;
}

/** The fills as marks: one for each side of a candle, however many there are. */
export function marksOf(fills: readonly Fill[], spanMs: number): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (const { created_at, order_type } of fills) {
    const time = Date.parse(created_at);
    const at = time - (time % spanMs);
    const mark = marks.get(at + order_type) ?? { at, isBuy: order_type === 'BUY', count: 0 };
    marks.set(at + order_type, { ...mark, count: mark.count + 1 });
  }
  return [...marks.values()];
}
