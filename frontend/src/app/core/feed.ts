import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { newKey } from './calls';
import { Seconds } from './clock';
import { Session } from './session';

/** One event of a channel; docs/websocket.md. */
export interface FeedEvent<T = unknown> {
  type: string;
  channel: string;
  sequence: number;
  prev_sequence: number;
  timestamp: string;
  data: T;
}

export interface Watcher {
  event(event: FeedEvent): void;
  /**
   * The channel runs, and starts without what came before: now is the time to read how things stand.
   * Not called after a break that the exchange could bridge.
   */
  started?(): void;
}

export interface ChannelOptions {
  /** How many levels a book begins with. */
  depth?: number;
}

interface Channel {
  readonly name: string;
  readonly options: ChannelOptions;
  readonly watchers: Set<Watcher>;
  /** The last sequence that we have; null before the first. */
  have: number | null;
  isLive: boolean;
}

/** `waiting` says that the next try is at `retryAt`. */
export type FeedState = 'connecting' | 'open' | 'waiting';

const PRIVATE = new Set(['orders', 'balances', 'notifications', 'p2p']);
const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 15_000;
/** The exchange says something each 15 s; after this long the connection is dead. */
const SILENCE_MS_MAX = 25_000;

/**
 * The page's one WebSocket. Stores watch channels by name and get every event once and in order: after a
 * break the feed comes back with what was missed, or has the watchers start anew.
 */
@Injectable({ providedIn: 'root' })
export class Feed {
  private readonly session = inject(Session);
  private readonly seconds = inject(Seconds);

  readonly state = signal<FeedState>('connecting');
  readonly retryAt = signal(0);
  /** Rises when a channel had a gap and was taken up anew. */
  readonly resyncs = signal(0);
  /** Whether what is shown may be out of date. */
  readonly isStale = computed(() => this.state() !== 'open');
  readonly retryIn = computed(() =>
    Math.max(0, Math.ceil((this.retryAt() - this.seconds.now()) / 1000)),
  );

  private readonly channels = new Map<string, Channel>();
  private socket: WebSocket | null = null;
  private nextId = 1;
  private failures = 0;
  private heardAt = 0;
  private isAuthenticated = false;
  /** The token that this connection was opened with. */
  private token: string | null = null;
  private readonly asked = new Map<number, readonly Channel[]>();
  private readonly pings = new Map<number, { at: number; done: (ms: number) => void }>();
  private flush: ReturnType<typeof setTimeout> | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    effect(() => {
      this.session.token();
      untracked(() => this.startAnew());
    });
    addEventListener('online', () => this.state() === 'waiting' && this.connect());
    setInterval(() => this.checkSilence(), 5000);
  }

  /** Watches a channel until the returned function is called. */
  watch(name: string, watcher: Watcher, options: ChannelOptions = {}): () => void {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = { name, options, watchers: new Set(), have: null, isLive: false };
      this.channels.set(name, channel);
    } else if (isBook(name)) {
      this.anew(channel);
    } else if (channel.isLive) {
      queueMicrotask(() => watcher.started?.());
    }
    channel.watchers.add(watcher);
    this.subscribeSoon();
    return () => this.unwatch(channel, watcher);
  }

  /** Takes a channel up anew, as after a gap. */
  restart(name: string): void {
    const channel = this.channels.get(name);
    if (!channel) return;
    this.resyncs.update((count) => count + 1);
    this.anew(channel);
  }

  /** Tries to connect at once. */
  connect(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
    this.drop();
    this.state.set('connecting');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws/web-${newKey().slice(0, 12)}`);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onopen = () => this.opened();
    socket.onmessage = (message) => this.heard(String(message.data));
    socket.onclose = () => this.closed(socket);
  }

  /** When the exchange was last heard, in milliseconds of the day's clock. */
  lastHeard(): number {
    return this.heardAt;
  }

  /** How long a message takes there and back, in milliseconds; null where there is no connection. */
  roundTrip(): Promise<number | null> {
    if (this.socket?.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    const id = this.nextId++;
    return new Promise((done) => {
      this.pings.set(id, { at: performance.now(), done });
      this.send({ op: 'ping', id });
    });
  }

  /** Another user, or nobody: private channels begin from nothing. */
  private startAnew(): void {
    for (const channel of this.channels.values())
      if (PRIVATE.has(channel.name)) channel.have = null;
    this.failures = 0;
    this.connect();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.isAuthenticated = false;
    this.asked.clear();
    this.pings.clear();
    for (const channel of this.channels.values()) channel.isLive = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private opened(): void {
    this.token = this.session.token();
    if (this.token) this.send({ op: 'auth', id: 0, token: this.token });
    this.subscribe();
  }

  private closed(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.drop();
    const wait = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** this.failures++);
    // Spread, so that not every page comes back at the same moment.
    const spread = wait * (0.75 + Math.random() / 2);
    this.retryAt.set(Date.now() + spread);
    this.state.set('waiting');
    this.retry = setTimeout(() => this.connect(), spread);
  }

  private checkSilence(): void {
    const socket = this.socket;
    if (socket && Date.now() - this.heardAt > SILENCE_MS_MAX) this.closed(socket);
  }

  private heard(text: string): void {
    this.heardAt = Date.now();
    const message = JSON.parse(text);
    if (typeof message.channel === 'string') return this.dispatch(message);
    switch (message.type) {
      case 'authenticated':
        this.isAuthenticated = true;
        return this.subscribeSoon();
      case 'subscribed':
        return this.subscribed(message.id, message.sequences ?? {});
      case 'pong':
        return this.answered(message.id);
      case 'error':
        return this.refused(message);
    }
  }

  private answered(id: number): void {
    const ping = this.pings.get(id);
    this.pings.delete(id);
    ping?.done(performance.now() - ping.at);
  }

  private subscribed(id: number, sequences: Record<string, number>): void {
    this.failures = 0;
    this.state.set('open');
    const channels = this.asked.get(id) ?? [];
    this.asked.delete(id);
    for (const channel of channels) {
      const isNew = channel.have === null;
      if (isNew && !isBook(channel.name)) channel.have = sequences[channel.name] ?? null;
      if (isNew) for (const watcher of channel.watchers) watcher.started?.();
    }
  }

  private refused(message: { id?: number; code: string }): void {
    if (message.code === 'TOKEN_INVALID' || message.code === 'TOKEN_EXPIRED') {
      if (this.token !== this.session.token()) return;
      return this.session.end(message.code === 'TOKEN_EXPIRED' ? 'expired' : 'ended');
    }
    console.warn('the feed refused', message.code, this.asked.get(message.id ?? -1));
    this.asked.delete(message.id ?? -1);
  }

  private dispatch(event: FeedEvent): void {
    const channel = this.channels.get(event.channel);
    if (!channel) return;
    const isStart = event.type === 'order_book_snapshot' || event.type === 'resync';
    const { have } = channel;
    if (!isStart && have !== null && event.sequence <= have) return;
    if (!isStart && have !== null && event.prev_sequence > have) return this.restart(event.channel);
    if (!isStart && have === null && isBook(channel.name)) return;
    channel.have = event.sequence;
    for (const watcher of [...channel.watchers]) watcher.event(event);
  }

  private anew(channel: Channel): void {
    channel.have = null;
    channel.isLive = false;
    this.subscribeSoon();
  }

  private unwatch(channel: Channel, watcher: Watcher): void {
    channel.watchers.delete(watcher);
    if (channel.watchers.size > 0 || this.channels.get(channel.name) !== channel) return;
    this.channels.delete(channel.name);
    if (channel.isLive) this.send({ op: 'unsubscribe', channels: [channel.name] });
  }

  private subscribeSoon(): void {
    this.flush ??= setTimeout(() => this.subscribe());
  }

  /** Subscribes to what is not live yet: books each with their depth, the rest together. */
  private subscribe(): void {
    if (this.flush !== null) clearTimeout(this.flush);
    this.flush = null;
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const due = [...this.channels.values()].filter(
      (channel) => !channel.isLive && (this.isAuthenticated || !PRIVATE.has(channel.name)),
    );
    for (const book of due.filter((channel) => isBook(channel.name))) this.ask([book]);
    const others = due.filter((channel) => !isBook(channel.name));
    if (others.length > 0) this.ask(others);
    else if (due.length === 0 && this.asked.size === 0) this.state.set('open');
  }

  private ask(channels: readonly Channel[]): void {
    const id = this.nextId++;
    const resume: Record<string, number> = {};
    for (const channel of channels) {
      channel.isLive = true;
      if (isBook(channel.name)) channel.have = null;
      else if (channel.have !== null) resume[channel.name] = channel.have;
    }
    this.asked.set(id, channels);
    const names = channels.map((channel) => channel.name);
    this.send({ op: 'subscribe', id, channels: names, resume, ...channels[0]?.options });
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

function isBook(name: string): boolean {
  return name.startsWith('orderbook:');
}
