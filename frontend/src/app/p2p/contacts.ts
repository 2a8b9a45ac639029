import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import {
  Api,
  type Contact,
  block,
  favour,
  listBlocks,
  listFavourites,
  unblock,
  unfavour,
} from '../core/client';
import type { Command } from '../core/command';
import { type Problem, problemOf } from '../core/problem';
import { Session } from '../core/session';

export type ContactKind = 'favourites' | 'blocks';

const CALLS = {
  favourites: { list: listFavourites, add: favour, remove: unfavour },
  blocks: { list: listBlocks, add: block, remove: unblock },
} as const;

/** Whom the user keeps as favourites, and whom the user blocks. */
@Injectable({ providedIn: 'root' })
export class Contacts {
  private readonly api = inject(Api);

  readonly favourites = signal<readonly Contact[] | null>(null);
  readonly blocks = signal<readonly Contact[] | null>(null);
  readonly problem = signal<Problem | null>(null);
  readonly favoured = computed(() => new Set(this.favourites()?.map((each) => each.username)));
  readonly blocked = computed(() => new Set(this.blocks()?.map((each) => each.username)));

  constructor() {
    const session = inject(Session);
    effect(() => {
      const user = session.user()?.username;
      untracked(() => {
        this.favourites.set(null);
        this.blocks.set(null);
        if (user) void this.load();
      });
    });
  }

  async load(): Promise<void> {
    this.problem.set(null);
    try {
      const [favourites, blocks] = await Promise.all([
        this.everybody('favourites'),
        this.everybody('blocks'),
      ]);
      this.favourites.set(favourites);
      this.blocks.set(blocks);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  /** Adds somebody; whether it was done. */
  async add(kind: ContactKind, username: string, command: Command): Promise<boolean> {
    const done = await command.run(CALLS[kind].add, { body: { username } });
    if (done) this[kind].update((all) => [...without(all, username), { username }]);
    return done !== null;
  }

  /** Removes somebody; whether it was done. */
  async remove(kind: ContactKind, username: string, command: Command): Promise<boolean> {
    const done = await command.run(CALLS[kind].remove, { username });
    if (done) this[kind].update((all) => without(all, username));
    return done !== null;
  }

  private async everybody(kind: ContactKind): Promise<readonly Contact[]> {
    const all: Contact[] = [];
    let after: string | undefined;
    do {
      const page = await this.api.invoke(CALLS[kind].list, { limit: 500, after });
      all.push(...page.data);
      after = page.next ?? undefined;
    } while (after);
    return all;
  }
}

function without(all: readonly Contact[] | null, username: string): readonly Contact[] {
  return (all ?? []).filter((each) => each.username !== username);
}
