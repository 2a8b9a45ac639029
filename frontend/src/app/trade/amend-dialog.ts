import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { type AmendBody, type Order, amendOrder } from '../core/client';
import { Command } from '../core/command';
import { Decimal } from '../core/decimal';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Toasts } from '../core/toasts';
import { Field } from '../ui/field';
import { Money } from '../ui/figures';
import { fieldAtFault } from './refusal';
import { OwnOrders } from './own-orders';
import { Unit } from './unit';

/** Changes the price or the whole quantity of a resting order. */
@Component({
  selector: 'souk-amend-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, Money, Unit],
  template: `
    <form (submit)="submit($event)" novalidate>
      <h2 id="amend">Amend order {{ order.id }}</h2>
      <p class="muted">
        {{ order.order_type === 'BUY' ? 'Buy' : 'Sell' }} on {{ order.instrument }};
        {{ order.filled_quantity | money: base }} filled.
      </p>
      <souk-field label="Price" [error]="error('price')">
        <souk-unit [unit]="quote">
          <input
            #price
            class="input num"
            name="amend_price"
            inputmode="decimal"
            autocomplete="off"
            [value]="typedPrice()"
            (input)="typedPrice.set(price.value)"
          />
        </souk-unit>
      </souk-field>
      <souk-field
        label="Whole quantity, what is filled included"
        [hint]="hint()"
        [error]="error('quantity')"
      >
        <souk-unit [unit]="base">
          <input
            #quantity
            class="input num"
            name="amend_quantity"
            inputmode="decimal"
            autocomplete="off"
            [value]="typedQuantity()"
            (input)="typedQuantity.set(quantity.value)"
          />
        </souk-unit>
      </souk-field>
      @if (general(); as problem) {
        <p class="note bad" role="alert">{{ problem.sentence }}</p>
      }
      <div class="row">
        <button type="button" class="button" (click)="ref.close()">Back</button>
        <button class="button primary" [disabled]="command.busy() || !isChanged()">
          {{ command.busy() ? 'Amending…' : 'Amend' }}
        </button>
      </div>
    </form>
  `,
  styles: `
    form {
      display: grid;
      gap: 14px;
      padding: 20px;
    }
    .row {
      justify-content: end;
    }
  `,
})
export class AmendDialog {
  protected readonly order = inject<Order>(DIALOG_DATA);
  protected readonly ref = inject(DialogRef);
  private readonly orders = inject(OwnOrders);
  private readonly format = inject(Format);
  private readonly toasts = inject(Toasts);
  private readonly instrument = inject(Market).instrument(this.order.instrument);
  protected readonly command = new Command();

  protected readonly base = this.instrument?.base ?? '';
  protected readonly quote = this.instrument?.quote ?? '';
  protected readonly typedPrice = signal(this.order.price ?? '');
  protected readonly typedQuantity = signal(this.order.quantity);
  private readonly wasSent = signal(false);

  private readonly price = computed(() => this.format.read(this.typedPrice()));
  private readonly quantity = computed(() => this.format.read(this.typedQuantity()));
  private readonly isNewPrice = computed(() => differs(this.price(), this.order.price));
  private readonly isNewQuantity = computed(() => differs(this.quantity(), this.order.quantity));
  protected readonly isChanged = computed(() => this.isNewPrice() || this.isNewQuantity());

  protected readonly hint = computed(() => {
    const isSmaller = this.quantity()?.above(Decimal.of(this.order.quantity)) === false;
    return this.isNewPrice() || !isSmaller
      ? 'It goes to the back of the queue at its price, and may trade at once.'
      : 'It keeps its place in the queue.';
  });

  private readonly faults = computed<Record<string, string | undefined>>(() => ({
    price: fault(this.price(), this.instrument?.tick_size),
    quantity: fault(this.quantity(), this.instrument?.lot_size),
  }));
  protected readonly general = computed(() => {
    const problem = this.command.problem();
    const field = problem && fieldAtFault(problem);
    return field === 'price' || field === 'quantity' ? null : problem;
  });

  protected error(field: 'price' | 'quantity'): string | null {
    const problem = this.command.problem();
    if (problem && fieldAtFault(problem) === field) return problem.sentence;
    return this.wasSent() ? (this.faults()[field] ?? null) : null;
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    this.wasSent.set(true);
    if (this.faults()['price'] || this.faults()['quantity'] || !this.isChanged()) return;
    const body: AmendBody = {
      ...(this.isNewPrice() ? { price: this.price()!.toString() } : {}),
      ...(this.isNewQuantity() ? { quantity: this.quantity()!.toString() } : {}),
    };
    const placed = await this.command.run(amendOrder, { id: this.order.id, body });
    if (!placed) return;
    this.orders.take(placed.order);
    this.toasts.show(`Order ${this.order.id} amended.`, 'good');
    this.ref.close();
  }
}

function differs(figure: Decimal | null, from: string | null | undefined): boolean {
  const old = Decimal.parse(from);
  return figure === null || old === null || !figure.equals(old);
}

function fault(figure: Decimal | null, step: string | undefined): string | undefined {
  if (!figure?.isPositive()) return 'Enter a number above zero.';
  if (step && !figure.isMultipleOf(Decimal.of(step))) return `Must be a multiple of ${step}.`;
  return undefined;
}
