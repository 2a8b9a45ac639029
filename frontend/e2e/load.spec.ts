/** The trading screen while the book changes a thousand times a second. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { open, Visitor } from './browser.ts';
import { Exchange, type User } from './exchange.ts';

const CONNECTIONS = 4;
const RATE_PER_SEC = 1000;
const SECONDS = 5;
const BEAT_MS = 10;

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

/** A connection that places orders around 60,000 and cancels them again; each is a change of the book. */
class Bot {
  done = 0;
  private readonly socket: WebSocket;
  private readonly seat: number;
  private readonly open: string[] = [];
  private waiting = 0;
  private nextId = 1;

  private constructor(socket: WebSocket, seat: number) {
    [this.socket, this.seat] = [socket, seat];
  }

  static async come(user: User, seat: number): Promise<Bot> {
    const url = exchange.url.replace('http', 'ws');
    const socket = new WebSocket(`${url}/ws/bot-${seat}`);
    const bot = new Bot(socket, seat);
    await new Promise<void>((authenticated) => {
      socket.onopen = () => bot.send({ op: 'auth', token: user.token });
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data));
        if (message.type === 'authenticated') authenticated();
        else bot.heard(message);
      };
    });
    return bot;
  }

  /** One change more. */
  act(): void {
    if (this.waiting > 400) return;
    this.waiting++;
    const id = this.nextId++;
    const oldest = this.open.length > 40 ? this.open.shift() : undefined;
    if (oldest) return this.send({ op: 'order.cancel', id, order_id: oldest });
    const isBuy = id % 2 === 0;
    const away = 1 + ((id * 7 + this.seat * 13) % 60);
    this.send({
      op: 'order.place',
      id,
      order: {
        instrument: 'BTC-USD',
        order_type: isBuy ? 'BUY' : 'SELL',
        order_subtype: 'LIMIT',
        price: `${isBuy ? 60000 - away : 60000 + away}.00`,
        quantity: `0.000${10 + (id % 89)}`,
      },
    });
  }

  async settled(): Promise<void> {
    while (this.waiting > 0) await pause(BEAT_MS);
    this.socket.close();
  }

  private heard(message: { type: string; order?: { id: string }; code?: string }): void {
    if (message.type === 'order.placed') this.open.push(message.order!.id);
    else if (message.type !== 'order.cancelled') throw new Error(JSON.stringify(message));
    this.waiting--;
    this.done++;
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

test('a thousand changes a second: no gap, even frames, and the book of REST afterwards', async (t) => {
  const bots: Bot[] = [];
  for (let seat = 0; seat < CONNECTIONS; seat++)
    bots.push(await Bot.come(await exchange.user(`bot${seat}`), seat));
  for (let act = 0; act < 20; act++) for (const bot of bots) bot.act();
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.goto('/trade/BTC-USD');
  await page.locator('souk-ladder .bid').first().waitFor();

  const before = done(bots);
  await measure(page);
  const from = performance.now();
  await drive(bots);
  const rate = Math.round((done(bots) - before) / ((performance.now() - from) / 1000));
  const frames = (await page.evaluate(() => (globalThis as any).frames_)) as number[];
  for (const bot of bots) await bot.settled();

  const book = await exchange.call('GET', '/api/orderbook/BTC-USD?depth=10');
  const best = [...book.asks.slice(0, 5).reverse(), ...book.bids.slice(0, 5)];
  await page.waitForFunction(
    (wanted) => {
      const of = (side: string) =>
        [...document.querySelectorAll(`souk-ladder .${side}`)].map((row) =>
          [...row.querySelectorAll('span')]
            .slice(1, 3)
            .map((cell) => cell.textContent!.replaceAll(',', '').trim())
            .join(' '),
        );
      const shown = [...of('ask').slice(-5), ...of('bid').slice(0, 5)];
      return JSON.stringify(shown) === wanted;
    },
    JSON.stringify(best.map((level: string[]) => level.join(' '))),
  );
  const resyncs = await page.locator('souk-ladder').getAttribute('data-resyncs');
  assert.equal(resyncs, '0', 'the book had to be taken up anew');
  const sorted = frames.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(1);
  t.diagnostic(
    `${rate} changes/s; frames: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, 99 % within ${at(0.99)} ms`,
  );
  assert.ok(rate > RATE_PER_SEC / 4, `only ${rate} changes a second came to be`);
  visitor.isClean();
  await visitor.leave();
});

function done(bots: readonly Bot[]): number {
  return bots.reduce((sum, bot) => sum + bot.done, 0);
}

/** Keeps the pace whatever the timers do: what is due by now is sent now. */
async function drive(bots: readonly Bot[]): Promise<void> {
  const from = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = performance.now() - from;
    if (elapsed > SECONDS * 1000) return;
    const due = (elapsed / 1000) * RATE_PER_SEC;
    for (; sent < due; sent++) bots[sent % bots.length]!.act();
    await pause(BEAT_MS);
  }
}

/** Has the page note how long each frame takes. */
async function measure(page: Page): Promise<void> {
  await page.evaluate(() => {
    const frames: number[] = ((globalThis as any).frames_ = []);
    let last = performance.now();
    const frame = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((over) => setTimeout(over, ms));
}
