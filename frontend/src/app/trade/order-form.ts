import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  effect,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { placeOrder, type Placed } from '../core/client';
import { Command } from '../core/command';
import { Format } from '../core/format';
import { Preferences } from '../core/preferences';
import { Session } from '../core/session';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Field } from '../ui/field';
import { Money } from '../ui/figures';
import { Segments } from '../ui/segments';
import { type FieldName, bodyOf, fieldsOf, isStop } from './draft';
import { LiveBook } from './live-book';
import { OrderPreview } from './order-preview';
import { OwnOrders } from './own-orders';
import { Portion } from './portion';
import { fieldAtFault } from './refusal';
import { KINDS, PREVENTIONS, SIDES, TIMES, summary, toldOf } from './order-words';
import { Ticket } from './ticket';
import { Unit } from './unit';

/** Places orders of every kind that the exchange has. */
@Component({
  selector: 'souk-order-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Field, Money, Segments, OrderPreview, Portion, Unit],
  templateUrl: './order-form.html',
  styleUrl: './order-form.css',
})
export class OrderForm {
  protected readonly ticket = inject(Ticket);
  protected readonly session = inject(Session);
  private readonly book = inject(LiveBook);
  private readonly orders = inject(OwnOrders);
  private readonly preferences = inject(Preferences);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  private readonly format = inject(Format);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  protected readonly placing = new Command();

  protected readonly sides = SIDES;
  protected readonly kinds = KINDS;
  protected readonly prevention = PREVENTIONS;
  protected readonly times = computed(() =>
    this.ticket.withPrice() ? TIMES : TIMES.filter(({ value }) => value !== 'GTC'),
  );

  /** Fields that the person has left, or that have been sent: only those are called wrong. */
  private readonly left = signal<ReadonlySet<FieldName>>(new Set());
  /** The draft that was refused, so that the refusal goes as soon as it is changed. */
  private readonly refused = signal<string | null>(null);

  private readonly refusal = computed(() => {
    const problem = this.placing.problem();
    return problem && this.refused() === this.fingerprint() ? problem : null;
  });
  /** A refusal that no field is to blame for. */
  protected readonly general = computed(() => {
    const problem = this.refusal();
    const field = problem && fieldAtFault(problem);
    return problem && !(field && fieldsOf(this.ticket.draft()).includes(field)) ? problem : null;
  });

  protected readonly unit = computed(() => (this.ticket.byQuote() ? 'quote' : 'base'));
  protected readonly units = computed(() => {
    const terms = this.ticket.terms();
    return [
      { value: 'base', label: terms?.base ?? '' },
      { value: 'quote', label: terms?.quote ?? '' },
    ];
  });
  protected readonly canSpend = computed(
    () => this.ticket.kind() === 'MARKET' && this.ticket.side() === 'BUY',
  );
  /** Where a login comes back to. */
  protected readonly back = computed(() => `/trade/${this.ticket.instrument()}`);
  protected readonly isStop = computed(() => isStop(this.ticket.kind()));
  protected readonly total = computed(() => this.ticket.worth()?.toString() ?? '');
  protected readonly verb = computed(() => (this.ticket.side() === 'BUY' ? 'Buy' : 'Sell'));

  constructor() {
    effect(() => {
      // What a kind does not take must not linger unseen.
      const withPrice = this.ticket.withPrice();
      untracked(() => this.ticket.timeInForce.set(withPrice ? 'GTC' : 'IOC'));
    });
    effect(() => {
      this.ticket.instrument();
      this.ticket.kind();
      untracked(() => this.left.set(new Set()));
    });
  }

  protected error(field: FieldName): string | null {
    const problem = this.refusal();
    if (problem && fieldAtFault(problem) === field) return problem.sentence;
    return this.left().has(field) ? (this.ticket.faults()[field] ?? null) : null;
  }

  /** An empty field that was only passed through is not wrong yet. */
  protected leave(field: FieldName, typed: string): void {
    if (typed.trim()) this.left.update((left) => new Set([...left, field]));
  }

  protected useUnit(unit: string): void {
    this.ticket.byAmount.set(unit === 'quote');
  }

  protected bestPrice(which: 'bid' | 'ask' | 'last'): void {
    const view = this.book.view();
    const price =
      which === 'last'
        ? this.ticket.last()
        : (which === 'bid' ? view?.bids : view?.asks)?.[0]?.price;
    if (price) this.ticket.price.set(price.toString());
  }

  protected stepped(event: KeyboardEvent, field: 'price' | 'stopPrice' | 'quantity'): void {
    const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : null;
    if (direction === null) return;
    event.preventDefault();
    this.ticket.step(field, direction);
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const terms = this.ticket.terms();
    if (!terms || this.placing.busy()) return;
    const draft = this.ticket.draft();
    this.left.set(new Set(fieldsOf(draft).concat('display_quantity')));
    if (Object.keys(this.ticket.faults()).length > 0) return this.showFirstFault();
    const body = bodyOf(draft, terms);
    if (!(await this.isSure())) return;
    this.refused.set(this.fingerprint());
    const placed = await this.placing.run(placeOrder, { body });
    if (placed) this.placed(placed);
    else this.showFirstFault();
  }

  private async isSure(): Promise<boolean> {
    const cautions = this.ticket.cautions();
    if (cautions.length === 0 || !this.preferences.confirmOrders()) return true;
    const terms = this.ticket.terms()!;
    return this.confirm.ask({
      title: `${this.verb()} ${terms.base}?`,
      text: cautions.join(' '),
      facts: summary(this.ticket.draft(), terms, this.ticket.worth(), this.format),
      yes: `${this.verb()} ${terms.base}`,
      tone: this.ticket.side() === 'BUY' ? 'buy' : 'sell',
    });
  }

  private placed({ order }: Placed): void {
    this.orders.take(order);
    this.ticket.clear();
    this.left.set(new Set());
    const { text, tone } = toldOf(order, this.format);
    this.toasts.show(text, tone);
  }

  private showFirstFault(): void {
    setTimeout(() => {
      const wrong = this.host.nativeElement.querySelector<HTMLElement>('[aria-invalid="true"]');
      wrong?.focus();
    });
  }

  private fingerprint(): string {
    const terms = this.ticket.terms();
    return terms ? JSON.stringify(bodyOf(this.ticket.draft(), terms)) : '';
  }
}
