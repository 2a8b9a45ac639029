/** A book that changes a thousand times a second: the page misses nothing and stays smooth. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { open, Visitor } from './browser.ts';
import { Exchange, type User } from './exchange.ts';

const MAKERS = 4;
/** Of each maker: one placed, one cancelled, by turns. */
const CHANGES_PER_SEC = 1000;
const SECONDS = 5;
const BEAT_MS = 20;

let browser: Browser;
let exchange: Exchange;
before(async () => {
  exchange = await Exchange.start({ SOUK_RATE_LIMITS: 'off' });
  browser = await open();
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

/** A maker's connection: places and cancels at its share of the rate, and counts what was done. */
class Maker {
  private readonly socket: WebSocket;
  private readonly base: number;
  private readonly open: string[] = [];
  private readonly answered: (() => void)[] = [];
  private sent = 0;
  done = 0;

  private constructor(socket: WebSocket, base: number) {
    [this.socket, this.base] = [socket, base];
    socket.onmessage = ({ data }) => this.heard(JSON.parse(String(data)));
  }

  static async come(user: User, base: number): Promise<Maker> {
    const socket = new WebSocket(`${exchange.url.replace('http', 'ws')}/ws/${user.name}`);
    await new Promise((opened) => (socket.onopen = opened));
    const authenticated = new Promise((told) => (socket.onmessage = told));
    socket.send(JSON.stringify({ op: 'auth', token: user.token }));
    await authenticated;
    return new Maker(socket, base);
  }

  private heard(message: { type: string; order?: { id: string }; code?: string }): void {
    if (message.type === 'error') throw new Error(JSON.stringify(message));
    if (message.type === 'order.placed') this.open.push(message.order!.id);
    if (message.type === 'order.placed' || message.type === 'order.cancelled') this.done += 1;
    if (this.done === this.sent) for (const told of this.answered.splice(0)) told();
  }

  change(): void {
    const at = this.sent++;
    const cancelled = at % 2 === 1 ? this.open.shift() : undefined;
    if (cancelled) return this.send({ op: 'order.cancel', order_id: cancelled });
    const isBuy = (at >> 1) % 2 === 0;
    const away = 1 + ((at * 7 + this.base) % 40);
    const order = {
      instrument: 'BTC-USD',
      order_type: isBuy ? 'BUY' : 'SELL',
      order_subtype: 'LIMIT',
      quantity: `0.000${10 + (at % 90)}`,
      price: `${60000 + (isBuy ? -away : away)}.00`,
    };
    this.send({ op: 'order.place', order });
  }

  /** Once all that was sent is answered. */
  async rest(): Promise<void> {
    if (this.done < this.sent) await new Promise<void>((told) => this.answered.push(told));
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  leave(): void {
    this.socket.close();
  }
}

/** Lets the makers change the book at the rate, and says how many changes a second came of it. */
async function drive(makers: readonly Maker[]): Promise<number> {
  const started = performance.now();
  let sent = 0;
  await new Promise<void>((finished) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - started;
      const due = Math.min(elapsed, SECONDS * 1000) * (CHANGES_PER_SEC / 1000);
      for (; sent < due; sent++) makers[sent % makers.length]!.change();
      if (elapsed < SECONDS * 1000) return;
      clearInterval(timer);
      finished();
    }, BEAT_MS);
  });
  await Promise.all(makers.map((maker) => maker.rest()));
  return (sent * 1000) / (performance.now() - started);
}

test('a thousand changes of the book a second reach the page without a gap', async (context) => {
  const makers = [];
  for (let at = 0; at < MAKERS; at++)
    makers.push(await Maker.come(await exchange.user(`maker${at}`), at * 11));
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.goto('/trade/BTC-USD');
  const ladder = page.locator('souk-ladder[data-sequence]');
  await ladder.waitFor();
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    const next = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    Object.assign(window, { frames });
  });
  const rate = await drive(makers);
  const frames: number[] = await page.evaluate('window.frames');
  const { sequence, ...book } = await exchange.call('GET', '/api/orderbook/BTC-USD?depth=3');
  await page.waitForFunction(
    (sequence) => Number(document.querySelector('souk-ladder')?.getAttribute('data-sequence')) >= sequence,
    sequence,
  );
  assert.equal(await ladder.getAttribute('data-resyncs'), '0', 'the page had to begin anew');
  const shown = await page.evaluate(() =>
    ['bid', 'ask'].map((kind) =>
      [...document.querySelectorAll(`souk-ladder .line.${kind}`)].map((line) =>
        [...line.querySelectorAll(':scope > span:not(.bar)')]
          .slice(0, 2)
          .map((cell) => (cell.textContent ?? '').replaceAll(/[^0-9.]/g, '')),
      ),
    ),
  );
  assert.deepEqual(shown[0]!.slice(0, 3), book.bids);
  assert.deepEqual(shown[1]!.reverse().slice(0, 3), book.asks);
  frames.sort((a, b) => a - b);
  const at = (share: number) => frames[Math.floor((frames.length - 1) * share)]!.toFixed(1);
  context.diagnostic(
    `${rate.toFixed(0)} changes/s; frames ${frames.length}, median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`,
  );
  makers.forEach((maker) => maker.leave());
  visitor.isClean();
  await visitor.leave();
});
