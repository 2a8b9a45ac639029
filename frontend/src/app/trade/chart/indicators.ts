/** One figure of a line over the candles; null where it has none yet. Chart coordinates, not money. */
export type Line = readonly (number | null)[];

/** The simple moving average of the last `length` values. */
export function movingAverage(values: readonly number[], length: number): Line {
  let sum = 0;
  return values.map((value, at) => {
    sum += value - (at >= length ? values[at - length]! : 0);
    return at >= length - 1 ? sum / length : null;
  });
}

/**
 * The relative strength index by Wilder (New Concepts in Technical Trading Systems, 1978): 0 to 100. The
 * first averages are plain ones over `length` changes, those after are smoothed.
 */
export function relativeStrength(values: readonly number[], length: number): Line {
  let [gain, loss] = [0, 0];
  return values.map((value, at) => {
    if (at === 0) return null;
    const change = value - values[at - 1]!;
    const [up, down] = [Math.max(change, 0), Math.max(-change, 0)];
    if (at <= length) {
      gain += up / length;
      loss += down / length;
      if (at < length) return null;
    } else {
      gain = (gain * (length - 1) + up) / length;
      loss = (loss * (length - 1) + down) / length;
    }
    if (gain + loss === 0) return 50;
    return (100 * gain) / (gain + loss);
  });
}
