import { ChangeDetectionStrategy, Component, effect, inject, input, signal } from '@angular/core';
import { Api, block, favour, listBlocks, listFavourites, unblock, unfavour } from '../core/client';
import { Command } from '../core/command';
import { Toasts } from '../core/toasts';
import { Confirm } from '../ui/confirm';
import { Icon } from '../ui/icon';

/** Puts somebody into one's favourites or blocks, or takes them out. */
@Component({
  selector: 'souk-contact-buttons',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  host: { class: 'row' },
  template: `
    <button
      type="button"
      class="button"
      [attr.aria-pressed]="isFavourite()"
      [disabled]="isFavourite() === null || command.busy()"
      (click)="toggleFavourite()"
    >
      <souk-icon name="star" [size]="16" />{{ isFavourite() ? 'Favourite' : 'Add to favourites' }}
    </button>
    <button
      type="button"
      class="button"
      [attr.aria-pressed]="isBlocked()"
      [disabled]="isBlocked() === null || command.busy()"
      (click)="toggleBlock()"
    >
      {{ isBlocked() ? 'Unblock' : 'Block' }}
    </button>
  `,
})
export class ContactButtons {
  readonly username = input.required<string>();

  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  private readonly confirm = inject(Confirm);
  protected readonly command = new Command();
  /** Null until it is known. */
  protected readonly isFavourite = signal<boolean | null>(null);
  protected readonly isBlocked = signal<boolean | null>(null);

  constructor() {
    effect(() => void this.read(this.username()));
  }

  protected async toggleFavourite(): Promise<void> {
    const username = this.username();
    const done = this.isFavourite()
      ? await this.command.run(unfavour, { username })
      : await this.command.run(favour, { body: { username } });
    if (!done) return this.refused();
    this.isFavourite.update((was) => !was);
  }

  protected async toggleBlock(): Promise<void> {
    const username = this.username();
    if (!this.isBlocked() && !(await this.agrees(username))) return;
    const done = this.isBlocked()
      ? await this.command.run(unblock, { username })
      : await this.command.run(block, { body: { username } });
    if (!done) return this.refused();
    this.isBlocked.update((was) => !was);
  }

  private agrees(username: string): Promise<boolean> {
    return this.confirm.ask({
      title: `Block ${username}?`,
      text: 'Neither of you sees or takes the offers of the other. Open trades go on.',
      yes: 'Block',
      tone: 'danger',
    });
  }

  private refused(): void {
    this.toasts.show(this.command.problem()?.sentence ?? 'Nothing was changed.', 'bad');
  }

  private async read(username: string): Promise<void> {
    try {
      const [favourites, blocks] = await Promise.all([
        this.api.invoke(listFavourites, { limit: 500 }),
        this.api.invoke(listBlocks, { limit: 500 }),
      ]);
      const has = ({ data }: { data: readonly { username: string }[] }) =>
        data.some((each) => each.username === username);
      this.isFavourite.set(has(favourites));
      this.isBlocked.set(has(blocks));
    } catch {
      // The buttons stay off.
      return;
    }
  }
}
