import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Decimal } from '../core/decimal';
import { Format } from '../core/format';
import { isStop } from './draft';
import { feeOf } from './sweep';
import { Ticket } from './ticket';

interface Line {
  name: string;
  value: string;
  /** Whether it is so far off that it is written as a warning. */
  isWarning?: boolean;
}

const SLIPPAGE_WARNING = Decimal.of('0.5');

/** What the order would come to by the book as it is now. */
@Component({
  selector: 'souk-order-preview',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dl class="facts" aria-label="Preview of the order">
      @for (line of lines(); track line.name) {
        <dt>{{ line.name }}</dt>
        <dd class="num" [class.warning]="line.isWarning">{{ line.value }}</dd>
      }
    </dl>
  `,
  styles: `
    dl {
      gap: 3px 12px;
      font-size: 12px;
    }
    .warning {
      color: var(--warn);
      font-weight: 600;
    }
  `,
})
export class OrderPreview {
  private readonly ticket = inject(Ticket);
  private readonly format = inject(Format);

  protected readonly lines = computed<readonly Line[]>(() =>
    isStop(this.ticket.kind()) ? this.waiting() : this.now(),
  );

  /** A limit or market order: what it takes at once, what rests or expires. */
  private now(): Line[] {
    const [terms, taking, draft] = [this.ticket.terms(), this.ticket.taking(), this.ticket.draft()];
    const [base, quote] = [terms?.base ?? '', terms?.quote ?? ''];
    const gets = draft.side === 'BUY' ? base : quote;
    const average = taking?.average;
    const lines: Line[] = [];
    if (this.ticket.withPrice()) lines.push(this.resting());
    lines.push(
      { name: 'Fills at once', value: this.money(taking?.filled, base) },
      { name: 'Average price', value: this.money(average, quote) },
      {
        name: 'Slippage',
        value: taking?.slippage ? this.format.percent(taking.slippage.toString(), 3) : '–',
        isWarning: taking?.slippage?.below(SLIPPAGE_WARNING) === false,
      },
      { name: `Fee (${this.percent(terms?.takerFee)})`, value: this.money(taking?.fee, gets) },
      { name: 'Receives', value: this.money(taking?.received, gets) },
    );
    if (draft.kind === 'MARKET' && taking?.left.isPositive())
      lines.push({
        name: this.ticket.byQuote() ? 'Not spent' : 'Expires',
        value: this.money(taking.left, this.ticket.byQuote() ? quote : base),
        isWarning: !this.ticket.byQuote(),
      });
    return lines;
  }

  /** What of a limit order goes into the book, and the fee once it is filled there. */
  private resting(): Line {
    const [terms, taking, draft] = [this.ticket.terms(), this.ticket.taking(), this.ticket.draft()];
    const rest = taking ? taking.left : draft.quantity;
    if (!terms || !rest?.isPositive() || !draft.price) return { name: 'Rests', value: '–' };
    if (draft.timeInForce !== 'GTC')
      return { name: 'Expires', value: this.money(rest, terms.base) };
    const worth = draft.price.times(rest).rounded(terms.quoteScale, 'down');
    const fee = feeOf(draft.side, rest, worth, terms.makerFee, terms);
    const gets = draft.side === 'BUY' ? terms.base : terms.quote;
    return {
      name: 'Rests',
      value: `${this.money(rest, terms.base)}, fee ${this.money(fee, gets)}`,
    };
  }

  /** A stop: what it sets aside until it is triggered. */
  private waiting(): Line[] {
    const [terms, draft] = [this.ticket.terms(), this.ticket.draft()];
    const asset = (draft.side === 'BUY' ? terms?.quote : terms?.base) ?? '';
    const way = draft.side === 'BUY' ? 'rises to' : 'falls to';
    const stop = this.money(draft.stopPrice, terms?.quote ?? '');
    return [
      { name: 'Goes live when the last price', value: `${way} ${stop}` },
      { name: 'Sets aside', value: this.money(this.ticket.purse(), asset) },
      { name: `Fee (at most ${this.percent(terms?.takerFee)})`, value: 'when it fills' },
    ];
  }

  private money(figure: Decimal | null | undefined, currency: string): string {
    return figure ? this.format.money(figure.toString(), currency) : '–';
  }

  private percent(figure: Decimal | undefined): string {
    return figure ? `${this.format.short(figure.toString())} %` : '–';
  }
}
