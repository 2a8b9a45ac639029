/** The trading screen: orders from the form to the wallet, the book as it lives, and a server that goes. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { NARROW, open, Visitor, WIDE } from './browser.ts';
import { Exchange, type User } from './exchange.ts';

const PATH = '/trade/BTC-USD';

let browser: Browser;
let exchange: Exchange;
let bob: User;
let people = 0;
before(async () => {
  exchange = await Exchange.start();
  browser = await open();
  bob = await exchange.user('bob');
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});
/** Each test has the market to itself. */
beforeEach(async () => {
  await bob.call('DELETE', '/api/orderbook/orders');
});

/** Somebody new, with the API's side of it, on the trading screen. */
async function trader(): Promise<{ visitor: Visitor; page: Page; user: User }> {
  const user = await exchange.user(`trader${++people}`);
  const visitor = await Visitor.come(browser, exchange);
  await visitor.login(user.name);
  await visitor.goto(PATH);
  return { visitor, page: visitor.page, user };
}

const form = (page: Page): Locator => page.locator('souk-order-form');
const ladder = (page: Page): Locator => page.locator('souk-ladder');
const own = (page: Page): Locator => page.locator('souk-own-panel');
const fact = (page: Page, name: string): Locator =>
  form(page).locator(`dt:text-is("${name}") + dd`);

async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await form(page).locator(`[name="${name}"]`).fill(value);
}

async function send(page: Page, verb: 'Buy' | 'Sell'): Promise<void> {
  await form(page).getByText(verb, { exact: true }).click();
  await form(page).getByRole('button', { name: `${verb} BTC` }).click();
}

async function openOrders(page: Page, count: number): Promise<void> {
  const name = count > 0 ? `Open orders (${count})` : 'Open orders';
  await own(page).getByRole('tab', { name, exact: true }).waitFor();
}

/** Until the ladder and the tape are what REST says. */
async function isAsRest(page: Page): Promise<void> {
  const book = await exchange.call('GET', '/api/orderbook/BTC-USD?depth=3');
  const trades = await exchange.call('GET', '/api/orderbook/BTC-USD/trades?limit=3');
  const figures = (levels: string[][]) => levels.map(([price, quantity]) => [price, quantity]);
  const expected = {
    asks: figures(book.asks),
    bids: figures(book.bids),
    tape: trades.data.map((trade: { trade_id: string }) => trade.trade_id),
  };
  await page.waitForFunction((wanted) => {
    const plain = (cell: Element | undefined) => (cell?.textContent ?? '').replaceAll(/[^0-9.]/g, '');
    const levels = (kind: string) =>
      [...document.querySelectorAll(`souk-ladder .line.${kind}`)].map((line) =>
        [...line.querySelectorAll(':scope > span:not(.bar)')].slice(0, 2).map(plain),
      );
    const shown = {
      asks: levels('ask').reverse().slice(0, 3),
      bids: levels('bid').slice(0, 3),
      tape: [...document.querySelectorAll('souk-trade-tape tr[data-trade]')]
        .slice(0, 3)
        .map((row) => row.getAttribute('data-trade')),
    };
    return JSON.stringify(shown) === JSON.stringify(wanted);
  }, expected);
}

test('a limit order rests, is filled by somebody else, and the wallet changes', async () => {
  const { visitor, page } = await trader();
  await fill(page, { price: '59000', quantity: '0.01' });
  assert.match((await fact(page, 'Rests').textContent())!, /0\.01/);
  await send(page, 'Buy');
  await openOrders(page, 1);
  const mine = ladder(page).getByRole('button', { name: /an order of yours/ });
  await mine.waitFor();
  assert.match((await mine.textContent())!, /Bid\s+59,000\.00\s*, quantity\s+0\.01/);
  await bob.order('SELL', '0.004', '59000.00');
  await own(page).getByText('0.00400').first().waitFor();
  await bob.order('SELL', '0.006', '59000.00');
  await openOrders(page, 0);
  await own(page).getByRole('tab', { name: 'Fills' }).click();
  await own(page).getByRole('cell', { name: '59,000.00' }).first().waitFor();
  await own(page).getByRole('tab', { name: 'Balances' }).click();
  // 10,000 - 590; and 0.5 + 0.01 less the maker's fee of 0.1 %, rounded up for each fill.
  await own(page).getByText('9,410.00').first().waitFor();
  await own(page).getByText('0.50999000').first().waitFor();
  await own(page).getByRole('tab', { name: 'Order history' }).click();
  await own(page).getByText('Filled').first().waitFor();
  await isAsRest(page);
  visitor.isClean();
  await visitor.leave();
});

test('a click on a line of the book takes its price, and a market order is told before', async () => {
  await bob.order('SELL', '0.01', '60000.00');
  await bob.order('SELL', '0.01', '60010.00');
  const { visitor, page, user } = await trader();
  await ladder(page).getByRole('button', { name: /^Ask 60,010\.00/ }).click();
  assert.equal(await form(page).locator('[name="price"]').inputValue(), '60010.00');
  await form(page).getByText('Market', { exact: true }).click();
  await fill(page, { quantity: '0.02' });
  await page.waitForFunction(() =>
    document.querySelector('souk-order-preview')?.textContent?.includes('60,005'),
  );
  // The taker's fee is taken from what is received: 0.2 % of 0.02.
  assert.match((await fact(page, 'Fee (0.2 %)').textContent())!, /0\.00004/);
  assert.match((await fact(page, 'Receives').textContent())!, /0\.01996/);
  await send(page, 'Buy');
  await page.locator('.toast').first().waitFor();
  const wallet = await user.get('/api/wallet/BTC');
  assert.equal(wallet.available_balance, '0.51996000');
  await own(page).getByRole('tab', { name: 'Balances' }).click();
  await own(page).getByText('0.51996000').first().waitFor();
  await isAsRest(page);
  visitor.isClean();
  await visitor.leave();
});

test('what is wrong is told at its field, by the page and by the exchange', async () => {
  await bob.order('SELL', '0.01', '60000.00');
  const { visitor, page } = await trader();
  await fill(page, { price: '59000.001', quantity: '0.01' });
  await send(page, 'Buy');
  const wrong = form(page).locator('[name="price"][aria-invalid="true"]');
  await wrong.waitFor();
  // Only the exchange knows that this one would take.
  await fill(page, { price: '60000' });
  await form(page).getByText('Advanced').click();
  await form(page).getByText('Post only: never take, only rest').click();
  await send(page, 'Buy');
  await wrong.waitFor();
  await form(page).locator('souk-field .error').first().waitFor();
  await openOrders(page, 0);
  await fill(page, { price: '59999' });
  await wrong.waitFor({ state: 'detached' });
  await send(page, 'Buy');
  await openOrders(page, 1);
  visitor.isClean(/422/);
  await visitor.leave();
});

test('orders are amended, cancelled, and cancelled together', async () => {
  const { visitor, page, user } = await trader();
  for (const price of ['58000.00', '58100.00', '58200.00']) await user.order('BUY', '0.01', price);
  await openOrders(page, 3);
  await own(page).getByRole('button', { name: /^Amend order/ }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[name="amend_quantity"]').fill('0.005');
  await dialog.getByText('It keeps its place in the queue.').waitFor();
  await dialog.getByRole('button', { name: 'Amend' }).click();
  await dialog.waitFor({ state: 'detached' });
  await own(page).getByText('0.00500').first().waitFor();
  await own(page).getByRole('button', { name: /^Cancel order/ }).first().click();
  await openOrders(page, 2);
  await own(page).getByRole('button', { name: 'Cancel all' }).click();
  await page.getByRole('button', { name: 'Cancel them' }).click();
  await openOrders(page, 0);
  const { data } = await user.get('/api/orderbook/orders?status=CANCELLED');
  assert.equal(data.length, 3);
  visitor.isClean();
  await visitor.leave();
});

test('an order far from the market asks first', async () => {
  await bob.order('SELL', '0.01', '60000.00');
  const { visitor, page } = await trader();
  await fill(page, { price: '63000', quantity: '0.001' });
  await send(page, 'Buy');
  await page.getByRole('dialog').getByText(/5(\.0)? % above the best ask/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await openOrders(page, 0);
  visitor.isClean();
  await visitor.leave();
});

test('a server that is killed and comes back is told, and the book and the tape are right again', async () => {
  await bob.order('SELL', '0.01', '60000.00');
  await bob.order('BUY', '0.01', '59990.00');
  const { visitor, page, user } = await trader();
  await user.order('BUY', '0.002', '60000.00');
  await isAsRest(page);
  await exchange.kill();
  await page.getByText('Connection lost').waitFor();
  await page.locator('souk-ladder .stage.stale').waitFor();
  await page.locator('souk-trade-tape .stale').waitFor();
  await exchange.restart();
  // Done while the page still waits for its next try.
  await user.order('BUY', '0.003', '60000.00');
  await bob.order('SELL', '0.01', '60005.00');
  await page.getByText('Connection lost').waitFor({ state: 'detached' });
  await page.locator('souk-ladder .stage.stale').waitFor({ state: 'detached' });
  await isAsRest(page);
  await fill(page, { price: '59000', quantity: '0.01' });
  await send(page, 'Buy');
  await openOrders(page, 1);
  visitor.isClean(/WebSocket|ERR_CONNECTION|Failed to load/);
  await visitor.leave();
});

test('the chart has its figures as a table', async () => {
  await bob.order('SELL', '0.001', '60000.00');
  const { visitor, page, user } = await trader();
  await user.order('BUY', '0.001', '60000.00');
  await page.locator('souk-chart').getByText('1m', { exact: true }).click();
  await page.getByRole('button', { name: 'Show a table' }).click();
  const table = page.locator('souk-candle-table');
  await table.getByRole('row').nth(1).getByRole('cell', { name: '60,000.00' }).first().waitFor();
  visitor.isClean();
  await visitor.leave();
});

for (const [name, size] of Object.entries({ wide: WIDE, narrow: NARROW }))
  test(`each way of the form and the chart is accessible and fits, ${name}`, async () => {
    await bob.order('SELL', '0.01', '60000.00');
    const user = await exchange.user(`trader${++people}`);
    await user.order('BUY', '0.01', '59000.00');
    const visitor = await Visitor.come(browser, exchange, { size, theme: 'light' });
    const { page } = visitor;
    await visitor.login(user.name);
    await visitor.goto(PATH);
    await form(page).getByText('Advanced').click();
    for (const kind of ['Limit', 'Market', 'Stop limit', 'Stop market']) {
      await form(page).getByText(kind, { exact: true }).click();
      await visitor.isAccessible();
      await visitor.fits();
    }
    await page.locator('.drawings').getByText('Depth').click();
    await visitor.isAccessible();
    await visitor.fits();
    visitor.isClean();
    await visitor.leave();
  });
