import { Pipe, type PipeTransform, inject } from '@angular/core';
import { Decimal } from '../core/decimal';
import { Format } from '../core/format';

type Text = string | null | undefined;

/** `value | figure`: an exact decimal string as the locale writes it; `: 2` cuts it to two decimals. */
@Pipe({ name: 'figure', pure: false })
export class Figure implements PipeTransform {
  private readonly format = inject(Format);

  transform(value: Text, digits?: number): string {
    return this.format.number(value, digits);
  }
}

/** `value | money: 'USD'`: with its currency behind it. */
@Pipe({ name: 'money', pure: false })
export class Money implements PipeTransform {
  private readonly format = inject(Format);

  transform(value: Text | Decimal, currency: string): string {
    return this.format.money(value instanceof Decimal ? value.toString() : value, currency);
  }
}

/** `value | percent`: with its sign. */
@Pipe({ name: 'percent', pure: false })
export class Percent implements PipeTransform {
  private readonly format = inject(Format);

  transform(value: Text, digits?: number): string {
    return this.format.percent(value, digits);
  }
}

/** `amount | signed`: all its decimals, with its sign. */
@Pipe({ name: 'signed', pure: false })
export class Signed implements PipeTransform {
  private readonly format = inject(Format);

  transform(value: Text): string {
    return this.format.signed(value);
  }
}

/** `amount | compact`: about how much, such as `1.2M`. */
@Pipe({ name: 'compact', pure: false })
export class Compact implements PipeTransform {
  private readonly format = inject(Format);

  transform(value: Text): string {
    return this.format.compact(value);
  }
}

/** `at | when`: the day and the time; `: 'time'`, `: 'date'` and `: 'short'` are parts of it. */
@Pipe({ name: 'when', pure: false })
export class When implements PipeTransform {
  private readonly format = inject(Format);

  transform(at: Text | number, form: 'full' | 'time' | 'date' | 'short' = 'full'): string {
    switch (form) {
      case 'time':
        return this.format.time(at);
      case 'date':
        return this.format.date(at);
      case 'short':
        return this.format.dayTime(at);
      case 'full':
        return this.format.dateTime(at);
    }
  }
}

/** `code | words`: `PARTIALLY_FILLED` as "Partially filled". */
@Pipe({ name: 'words' })
export class Words implements PipeTransform {
  transform(code: Text): string {
    return code ? words(code) : '–';
  }
}

export function words(code: string): string {
  const text = code.replaceAll('_', ' ').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
