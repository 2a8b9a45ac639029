/** Which way a result goes that has more decimals than its scale holds. */
export type Rounding = 'down' | 'up' | 'nearest';

const PLAIN = /^-?\d{1,30}(\.\d{1,30})?$/;

/**
 * An exact decimal number: an integer of units, each 10^-scale. Everything that is money is computed
 * with it; nothing here ever passes through a binary fraction, but for `toNumber`, which is for charts.
 */
export class Decimal {
  static readonly zero = new Decimal(0n, 0);
  static readonly one = new Decimal(1n, 0);
  static readonly hundred = new Decimal(100n, 0);

  private constructor(
    readonly units: bigint,
    readonly scale: number,
  ) {}

  /** What `text` says, or null where it is no plain decimal such as `-12.50`. */
  static parse(text: string | null | undefined): Decimal | null {
    if (text == null || !PLAIN.test(text)) return null;
    const point = text.indexOf('.');
    if (point < 0) return new Decimal(BigInt(text), 0);
    return new Decimal(BigInt(text.replace('.', '')), text.length - point - 1);
  }

  /** What `text` says; it comes from the exchange or from the program, and cannot be anything else. */
  static of(text: string): Decimal {
    const parsed = Decimal.parse(text);
    if (!parsed) throw new Error(`not a decimal: ${text}`);
    return parsed;
  }

  static ofUnits(units: bigint, scale: number): Decimal {
    return new Decimal(units, scale);
  }

  static ofInteger(integer: number): Decimal {
    return new Decimal(BigInt(integer), 0);
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return new Decimal(this.unitsAt(scale) + other.unitsAt(scale), scale);
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negated());
  }

  /** Exact: the scales add up. */
  times(other: Decimal): Decimal {
    return new Decimal(this.units * other.units, this.scale + other.scale);
  }

  /** `this / divisor` at `scale`. */
  over(divisor: Decimal, scale: number, rounding: Rounding): Decimal {
    if (divisor.units === 0n) throw new Error('division by zero');
    const shift = scale - this.scale + divisor.scale;
    const above = shift >= 0 ? this.units * power(shift) : this.units;
    const below = shift >= 0 ? divisor.units : divisor.units * power(-shift);
    return new Decimal(divide(above, below, rounding), scale);
  }

  /** This many percent of it, exactly. */
  percent(percent: Decimal): Decimal {
    const product = this.times(percent);
    return new Decimal(product.units, product.scale + 2);
  }

  rounded(scale: number, rounding: Rounding): Decimal {
    if (scale >= this.scale) return new Decimal(this.unitsAt(scale), scale);
    return new Decimal(divide(this.units, power(this.scale - scale), rounding), scale);
  }

  /** The nearest multiple of `step` on the side of `rounding`, at the step's scale. */
  toMultipleOf(step: Decimal, rounding: Rounding): Decimal {
    return this.over(step, 0, rounding).times(step);
  }

  isMultipleOf(step: Decimal): boolean {
    const scale = Math.max(this.scale, step.scale);
    return this.unitsAt(scale) % step.unitsAt(scale) === 0n;
  }

  negated(): Decimal {
    return new Decimal(-this.units, this.scale);
  }

  abs(): Decimal {
    return this.units < 0n ? this.negated() : this;
  }

  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const [mine, theirs] = [this.unitsAt(scale), other.unitsAt(scale)];
    return mine < theirs ? -1 : mine > theirs ? 1 : 0;
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  above(other: Decimal): boolean {
    return this.compare(other) > 0;
  }

  below(other: Decimal): boolean {
    return this.compare(other) < 0;
  }

  min(other: Decimal): Decimal {
    return this.below(other) ? this : other;
  }

  max(other: Decimal): Decimal {
    return this.above(other) ? this : other;
  }

  sign(): -1 | 0 | 1 {
    return this.units < 0n ? -1 : this.units > 0n ? 1 : 0;
  }

  isZero(): boolean {
    return this.units === 0n;
  }

  isPositive(): boolean {
    return this.units > 0n;
  }

  /** The units that it has at a scale that is not below its own. */
  private unitsAt(scale: number): bigint {
    return scale === this.scale ? this.units : this.units * power(scale - this.scale);
  }

  /** With all decimals of its scale: as the exchange takes and gives it. */
  toString(): string {
    const sign = this.units < 0n ? '-' : '';
    const digits = (this.units < 0n ? -this.units : this.units).toString();
    if (this.scale === 0) return sign + digits;
    const padded = digits.padStart(this.scale + 1, '0');
    const point = padded.length - this.scale;
    return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
  }

  /** Without zeros at the end. */
  toShortString(): string {
    const text = this.toString();
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }

  /** The nearest binary number: for charts and widths of bars, never for money. */
  toNumber(): number {
    return Number(this.toString());
  }
}

/** How many decimals `text` is written with. */
export function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

const POWERS: bigint[] = [];

function power(exponent: number): bigint {
  return (POWERS[exponent] ??= 10n ** BigInt(exponent));
}

/** `down` is towards zero, `up` away from it; `nearest` takes a half away from zero. */
function divide(above: bigint, below: bigint, rounding: Rounding): bigint {
  const quotient = above / below;
  const rest = above % below;
  if (rest === 0n || rounding === 'down') return quotient;
  const away = above < 0n === below < 0n ? 1n : -1n;
  if (rounding === 'up') return quotient + away;
  const twice = 2n * (rest < 0n ? -rest : rest);
  return twice >= (below < 0n ? -below : below) ? quotient + away : quotient;
}
