import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { type Ad, type ListedAd, closeAd, pauseAd, resumeAd } from '../../core/client';
import { Command } from '../../core/command';
import { Decimal, decimalsOf } from '../../core/decimal';
import { Format } from '../../core/format';
import { Toasts } from '../../core/toasts';
import { Confirm } from '../../ui/confirm';
import { Figure, Money, Percent, When, Words } from '../../ui/figures';
import { Segments } from '../../ui/segments';
import { Cell, Table } from '../../ui/table';
import { Pricing, priceText } from '../pricing';
import { HIDDEN, methodName, refusalText } from '../texts';
import { OwnAds } from './own-ads';
import type { AdStatistics } from './statistics';

const NO_TRADES: AdStatistics = { open: 0, completed: 0, other: 0, volume: Decimal.of('0.00') };

/** One's own ads: how they stand, what they brought, and what can be done with them. */
@Component({
  selector: 'souk-my-ads',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Cell, Figure, Money, Percent, Segments, Table, When, Words],
  providers: [OwnAds],
  templateUrl: './my-ads.html',
  styleUrl: './my-ads.css',
})
export class MyAds {
  private readonly own = inject(OwnAds);
  private readonly pricing = inject(Pricing);
  private readonly format = inject(Format);
  private readonly confirm = inject(Confirm);
  private readonly toasts = inject(Toasts);
  protected readonly command = new Command();
  protected readonly pages = this.own.pages;
  protected readonly hidden = HIDDEN;

  protected readonly shown = signal('live');
  protected readonly segments = [
    { value: 'live', label: 'Running' },
    { value: 'ended', label: 'Ended' },
  ];
  protected readonly rows = computed(() => {
    const live = this.shown() === 'live';
    return this.pages.rows().filter((ad) => isLive(ad) === live);
  });
  protected readonly columns = [
    { key: 'ad', label: 'Ad' },
    { key: 'status', label: 'Status' },
    { key: 'price', label: 'Price', end: true },
    { key: 'left', label: 'Left', end: true },
    { key: 'limits', label: 'Limits', end: true },
    { key: 'trades', label: 'Trades', end: true },
    { key: 'actions', label: 'Actions', end: true },
  ];
  protected readonly idOf = (ad: ListedAd) => ad.id;
  protected readonly isLive = isLive;

  protected toneOf(ad: Ad): string {
    if (ad.status === 'ACTIVE') return 'good';
    return ad.status === 'HIDDEN' || ad.status === 'PAUSED' ? 'warn' : '';
  }

  protected priceOf(ad: Ad): string | null {
    const price = isLive(ad) ? this.pricing.of(ad) : Decimal.parse(ad.price);
    return price && priceText(price, decimalsOf(ad.max_limit));
  }

  /** How much of it is taken, in percent, for its bar. */
  protected takenOf(ad: Ad): number {
    const all = Decimal.of(ad.available_amount);
    const taken = all.minus(Decimal.of(ad.remaining_amount));
    return taken.times(Decimal.hundred).over(all, 0, 'down').toNumber();
  }

  protected methodsOf(ad: Ad): string {
    const [first, ...others] = ad.payment_methods.map(methodName);
    return others.length > 0 ? `${first} and ${others.length} more` : (first ?? '');
  }

  protected statisticsOf(ad: Ad): AdStatistics {
    return this.own.statistics().get(ad.id) ?? NO_TRADES;
  }

  protected async pause(ad: Ad): Promise<void> {
    this.done(
      await this.command.run(pauseAd, { id: ad.id }),
      'The ad is paused; its trades go on.',
    );
  }

  protected async resume(ad: Ad): Promise<void> {
    this.done(await this.command.run(resumeAd, { id: ad.id }), 'The ad runs again.');
  }

  protected async close(ad: Ad): Promise<void> {
    const back = this.format.money(ad.remaining_amount, ad.currency);
    const isSell = ad.ad_type === 'SELL';
    const yes = await this.confirm.ask({
      title: 'Close this ad for good?',
      text: 'Trades that are open go on.',
      facts: [
        ['Ad', `${isSell ? 'Sell' : 'Buy'} ${ad.currency}, no. ${ad.id}`],
        isSell ? ['Back to your wallet', back] : ['Not taken', back],
      ],
      yes: 'Close the ad',
      tone: 'danger',
    });
    if (yes) this.done(await this.command.run(closeAd, { id: ad.id }), 'The ad is closed.');
  }

  private done(ad: Ad | null, text: string): void {
    const problem = this.command.problem();
    if (problem) return this.toasts.show(refusalText(problem, this.format), 'bad');
    if (!ad) return;
    this.own.changed(ad);
    this.toasts.show(text, 'good');
  }
}

/** Whether it can still be taken some time. */
function isLive(ad: Ad): boolean {
  return ad.status !== 'CLOSED' && ad.status !== 'EXPIRED';
}
