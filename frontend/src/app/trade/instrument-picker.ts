import { CdkConnectedOverlay, CdkOverlayOrigin } from '@angular/cdk/overlay';
import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { Router } from '@angular/router';
import { Decimal } from '../core/decimal';
import { Market } from '../core/market';
import { Figure, Percent } from '../ui/figures';
import { Icon } from '../ui/icon';

/** Chooses what is traded: a list with a search, driven by the arrow keys as well. */
@Component({
  selector: 'souk-instrument-picker',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkConnectedOverlay, CdkOverlayOrigin, Icon, Figure, Percent],
  templateUrl: './instrument-picker.html',
  styleUrl: './instrument-picker.css',
})
export class InstrumentPicker {
  readonly instrument = input.required<string>();

  private readonly market = inject(Market);
  private readonly router = inject(Router);
  private readonly button = viewChild.required<ElementRef<HTMLButtonElement>>('button');
  private readonly search = viewChild<ElementRef<HTMLInputElement>>('search');

  protected readonly isOpen = signal(false);
  protected readonly typed = signal('');
  protected readonly at = signal(0);

  protected readonly rows = computed(() => {
    const words = this.typed()
      .trim()
      .toUpperCase()
      .split(/[\s/-]+/)
      .filter(Boolean);
    const tickers = this.market.tickers();
    return this.market
      .instruments()
      .filter(({ name }) => words.every((word) => name.includes(word)))
      .map(({ name, base, quote, last_price }) => {
        const ticker = tickers[name];
        const change = Decimal.parse(ticker?.change_percent);
        const tone = change?.isPositive() ? 'up' : change?.isZero() === false ? 'down' : 'muted';
        return {
          name,
          base,
          quote,
          last: ticker?.last ?? last_price,
          change: ticker?.change_percent,
          tone,
        };
      });
  });

  /** Opens the list, with the search ready to type in. */
  open(): void {
    this.typed.set('');
    this.at.set(
      Math.max(
        0,
        this.rows().findIndex(({ name }) => name === this.instrument()),
      ),
    );
    this.isOpen.set(true);
  }

  protected opened(): void {
    setTimeout(() => this.search()?.nativeElement.focus());
  }

  protected close(): void {
    if (!this.isOpen()) return;
    this.isOpen.set(false);
    this.button().nativeElement.focus();
  }

  protected filter(typed: string): void {
    this.typed.set(typed);
    this.at.set(0);
  }

  protected choose(name: string | undefined): void {
    if (!name) return;
    this.close();
    void this.router.navigate(['/trade', name]);
  }

  protected pressed(event: KeyboardEvent): void {
    const count = this.rows().length;
    if (event.key === 'Enter') this.choose(this.rows()[this.at()]?.name);
    else if (event.key === 'ArrowDown') this.at.update((at) => Math.min(count - 1, at + 1));
    else if (event.key === 'ArrowUp') this.at.update((at) => Math.max(0, at - 1));
    else return;
    event.preventDefault();
  }
}
