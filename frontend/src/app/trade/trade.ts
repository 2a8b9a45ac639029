import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { Title } from '@angular/platform-browser';
import { RouterLink } from '@angular/router';
import { Format } from '../core/format';
import { Market } from '../core/market';
import { Preferences } from '../core/preferences';
import { stored } from '../core/storage';
import { Icon } from '../ui/icon';
import { Segments } from '../ui/segments';
import { Empty, Failure, Skeleton } from '../ui/state';
import { Chart } from './chart/chart';
import { DepthChart } from './depth-chart';
import { Ladder } from './ladder';
import { LiveBook } from './live-book';
import { MarketBar } from './market-bar';
import { OrderForm } from './order-form';
import { OwnOrders } from './own-orders';
import { OwnPanel } from './own-panel';
import { Shortcuts, areKeysOn } from './shortcuts';
import { Tape } from './tape';
import { Ticket } from './ticket';
import { TradeTape } from './trade-tape';

/** The trading screen of one instrument. */
@Component({
  selector: 'souk-trade',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    RouterLink,
    Icon,
    Segments,
    Skeleton,
    Failure,
    Empty,
    Chart,
    DepthChart,
    Ladder,
    MarketBar,
    OrderForm,
    OwnPanel,
    TradeTape,
  ],
  providers: [LiveBook, Tape, OwnOrders, Ticket],
  host: { '(document:keydown)': 'pressed($event)' },
  templateUrl: './trade.html',
  styleUrl: './trade.css',
})
export class Trade {
  readonly instrument = input.required<string>();

  protected readonly market = inject(Market);
  protected readonly ticket = inject(Ticket);
  private readonly book = inject(LiveBook);
  private readonly tape = inject(Tape);
  private readonly orders = inject(OwnOrders);
  private readonly preferences = inject(Preferences);
  private readonly title = inject(Title);
  private readonly format = inject(Format);
  private readonly dialog = inject(Dialog);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly bar = viewChild(MarketBar);

  protected readonly traded = computed(() => this.market.instrument(this.instrument()));
  /** What a narrow screen shows of chart, book and tape. */
  protected readonly view = signal<'chart' | 'book' | 'tape'>('chart');
  protected readonly views = [
    { value: 'chart', label: 'Chart' },
    { value: 'book', label: 'Order book' },
    { value: 'tape', label: 'Trades' },
  ];
  protected readonly drawing = stored<'candles' | 'depth'>('trade-drawing', 'candles');
  protected readonly drawings = [
    { value: 'candles', label: 'Candles' },
    { value: 'depth', label: 'Depth' },
  ];
  private readonly keysOn = areKeysOn();

  constructor() {
    effect(() => {
      const name = this.traded()?.name;
      if (name) untracked(() => this.follow(name));
    });
    effect(() => {
      const last = this.market.tickers()[this.instrument()]?.last;
      const price = last ? `${this.format.number(last)} ` : '';
      this.title.setTitle(`${price}${this.instrument()} · Souk`);
    });
  }

  protected showKeys(): void {
    const shown = this.dialog.open<boolean>(Shortcuts, {
      panelClass: 'dialog-pane',
      ariaLabelledBy: 'shortcuts',
    });
    shown.closed.subscribe((isOn) => isOn !== undefined && this.keysOn.set(isOn));
  }

  protected pressed(event: KeyboardEvent): void {
    if (!this.keysOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented || isTyping(event.target) || this.dialog.openDialogs.length) return;
    const acts: Record<string, (() => void) | undefined> = {
      b: () => this.ticket.side.set('BUY'),
      s: () => this.ticket.side.set('SELL'),
      l: () => this.ticket.kind.set('LIMIT'),
      m: () => this.ticket.kind.set('MARKET'),
      p: () => this.focus('price', 'stop_price'),
      q: () => this.focus('quantity', 'quote_amount'),
      '/': () => this.bar()?.picker().open(),
      '?': () => this.showKeys(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private focus(...names: string[]): void {
    const fields = names.map((name) => `souk-order-form input[name="${name}"]`).join(', ');
    this.host.nativeElement.querySelector<HTMLInputElement>(fields)?.focus();
  }

  private follow(name: string): void {
    this.preferences.instrument.set(name);
    this.book.follow(name);
    this.tape.follow(name);
    this.ticket.follow(name);
    this.orders.instrument.set(name);
  }
}

function isTyping(target: EventTarget | null): boolean {
  const within = 'input:not([type="radio"], [type="checkbox"]), select, textarea, [role="menu"]';
  return target instanceof HTMLElement && target.closest(within) !== null;
}
