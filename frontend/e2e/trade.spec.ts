/** Trading: the book, the form, what is one's own, and a server that dies in between. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { NARROW, open, Visitor, WIDE } from './browser.ts';
import { Exchange, type User } from './exchange.ts';

let browser: Browser;
let exchange: Exchange;
let maker: User;
before(async () => {
  exchange = await Exchange.start();
  browser = await open();
  maker = await exchange.user('maker');
  for (let step = 1; step <= 4; step++) {
    await maker.order('SELL', '0.01', `${60000 + step * 10}.00`);
    await maker.order('BUY', '0.01', `${60000 - step * 10}.00`);
  }
  const taker = await exchange.user('taker');
  await taker.order('BUY', '0.001', '60010.00');
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

/** A trader of their own on the trading screen, so that no test meets another's orders. */
async function trader(name: string): Promise<{ visitor: Visitor; page: Page; user: User }> {
  const user = await exchange.user(name);
  const visitor = await Visitor.come(browser, exchange);
  await visitor.login(name);
  await visitor.goto('/trade/BTC-USD');
  await visitor.page.locator('souk-ladder .line').first().waitFor();
  return { visitor, page: visitor.page, user };
}

const line = (page: Page, price: string): Locator =>
  page.locator('souk-ladder .line', { hasText: price });
const field = (page: Page, name: string): Locator =>
  page.locator(`souk-order-form [name="${name}"]`);
const holds = (page: Page, name: string, value: string): Promise<unknown> =>
  page.waitForFunction(
    ([name, value]) =>
      document.querySelector<HTMLInputElement>(`souk-order-form [name="${name}"]`)?.value === value,
    [name, value],
  );
const send = (page: Page, verb: 'Buy' | 'Sell'): Promise<void> =>
  page.locator('souk-order-form').getByRole('button', { name: `${verb} BTC` }).click();
const choose = (page: Page, label: string): Promise<void> =>
  page.locator('souk-order-form label', { hasText: new RegExp(`^\\s*${label}\\s*$`) }).click();
const tab = (page: Page, name: RegExp): Promise<void> => page.getByRole('tab', { name }).click();

test('an order rests with its mark, is filled by another, and the balances follow', async () => {
  const { visitor, page } = await trader('resting');
  await field(page, 'price').fill('60005');
  await field(page, 'quantity').fill('0.02');
  await send(page, 'Buy');
  await page.locator('souk-ladder .bid.own', { hasText: '60,005.00' }).waitFor();
  await page.getByRole('tab', { name: 'Open orders (1)' }).waitFor();
  await page.locator('souk-open-orders tr', { hasText: '60,005.00' }).waitFor();
  await page.locator('.available', { hasText: '8,799.90 USD' }).waitFor();

  await maker.order('SELL', '0.02', '60005.00');
  await page.getByRole('tab', { name: 'Open orders', exact: true }).waitFor();
  await tab(page, /^Fills/);
  const fill = page.locator('souk-own-fills tr', { hasText: '60,005.00' });
  await fill.getByText('Maker').waitFor();
  await fill.getByText('1,200.10').waitFor();
  await tab(page, /^Balances/);
  // 0.02 bought, of which the maker's fee is 0.10 %.
  await page.locator('souk-own-balances tr', { hasText: '0.51998000' }).first().waitFor();
  await tab(page, /^Order history/);
  await page.locator('souk-order-history tr', { hasText: 'Filled' }).first().waitFor();
  await tab(page, /^Open orders/);
  await visitor.isAccessible();
  visitor.isClean();
  await visitor.leave();
});

test('a click on a line takes its price, and the quarters what is available', async () => {
  const { visitor, page } = await trader('clicking');
  await line(page, '60,020.00').click();
  await holds(page, 'price', '60020.00');
  await choose(page, 'Market');
  await line(page, '59,980.00').click();
  await holds(page, 'price', '59980.00');
  await page.getByRole('button', { name: '50 percent of the available balance' }).click();
  // 5,000 of 10,000 at 59,980, in lots of 0.00001.
  await holds(page, 'quantity', '0.08336');
  visitor.isClean();
  await visitor.leave();
});

test('a market buy comes to what its preview said', async () => {
  const { visitor, page, user } = await trader('spending');
  await choose(page, 'Market');
  await choose(page, 'USD');
  await field(page, 'quote_amount').fill('300');
  const preview = page.locator('souk-order-preview');
  const told = (name: string) =>
    preview.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]');
  // 0.00499 at 60,010.00, of which 0.20 % is the fee.
  await told('Fills at once').getByText('0.00499 BTC').waitFor();
  await told('Average price').getByText('60,010.00 USD').waitFor();
  await told('Receives').getByText('0.00498002 BTC').waitFor();
  await send(page, 'Buy');
  await page.locator('.toast', { hasText: 'Buy 0.00499 BTC filled at 60,010.00' }).waitFor();
  await page.locator('.available', { hasText: '9,700.56 USD' }).waitFor();
  const { available_balance } = await user.get('/api/wallet/BTC');
  assert.equal(available_balance, '0.50498002');
  visitor.isClean();
  await visitor.leave();
});

test('what is wrong is said at its field, by the form and by the exchange', async () => {
  const { visitor, page } = await trader('refused');
  await field(page, 'price').fill('60000.001');
  await field(page, 'quantity').fill('0.01');
  await send(page, 'Buy');
  await page.getByText('Must be a multiple of 0.01 USD.').waitFor();
  await field(page, 'price').fill('60010');
  await page.locator('souk-order-form summary').click();
  await field(page, 'post_only').check();
  await send(page, 'Buy');
  await page.getByText('A post-only order may not trade at once.').waitFor();
  await page.locator('souk-order-form [name="price"][aria-invalid="true"]').waitFor();
  await field(page, 'price').fill('59000');
  await page.getByText('A post-only order may not trade at once.').waitFor({ state: 'detached' });
  await field(page, 'quantity').fill('1');
  await send(page, 'Buy');
  await page.getByText('Needs 59000.00 USD; 10000.00 are available.').waitFor();
  visitor.isClean(/422/);
  await visitor.leave();
});

test('a far-off price asks first, and an open order is amended and cancelled', async () => {
  const { visitor, page } = await trader('careful');
  await field(page, 'price').fill('50000');
  await field(page, 'quantity').fill('0.01');
  await send(page, 'Buy');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('below the last price').waitFor();
  await dialog.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('tab', { name: 'Open orders', exact: true }).waitFor();
  await send(page, 'Buy');
  await dialog.getByRole('button', { name: 'Buy BTC' }).click();
  await page.getByRole('button', { name: /^Amend order/ }).click();
  await dialog.locator('[name="amend_price"]').fill('51000');
  await dialog.getByRole('button', { name: 'Amend' }).click();
  await page.locator('souk-open-orders tr', { hasText: '51,000.00' }).waitFor();
  await page.getByRole('button', { name: /^Cancel order/ }).click();
  await page.getByText('No open orders.').waitFor();
  await page.locator('.available', { hasText: '10,000.00 USD' }).waitFor();
  await tab(page, /^Order history/);
  await page.locator('souk-order-history tr', { hasText: 'Cancelled' }).waitFor();
  visitor.isClean();
  await visitor.leave();
});

test('an instrument is found by its name, from the keyboard', async () => {
  const { visitor, page } = await trader('searching');
  await page.locator('h1').first().waitFor();
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search instruments' }).fill('eth usdt');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/trade/ETH-USDT');
  await page.getByText('Nobody sells.').waitFor();
  visitor.isClean();
  await visitor.leave();
});

test('the chart has its figures as a table', async () => {
  const { visitor, page } = await trader('tabular');
  await page.locator('souk-chart').getByText('1h', { exact: true }).click();
  await page.getByRole('button', { name: 'Show a table' }).click();
  const row = page.locator('souk-candle-table').getByRole('row').nth(1);
  await row.getByRole('cell', { name: '60,010.00' }).first().waitFor();
  visitor.isClean();
  await visitor.leave();
});

for (const [name, size] of Object.entries({ wide: WIDE, narrow: NARROW }))
  test(`each kind of order and the depth are accessible and fit, ${name}`, async () => {
    const user = await exchange.user(`fits_${name}`);
    const visitor = await Visitor.come(browser, exchange, { size, theme: 'light' });
    const { page } = visitor;
    await visitor.login(user.name);
    await visitor.goto('/trade/BTC-USD');
    await page.locator('souk-order-form').getByText('Advanced').click();
    for (const kind of ['Limit', 'Market', 'Stop limit', 'Stop market']) {
      await choose(page, kind);
      await visitor.isAccessible();
      await visitor.fits();
    }
    await page.locator('.drawings').getByText('Depth').click();
    await visitor.isAccessible();
    await visitor.fits();
    visitor.isClean();
    await visitor.leave();
  });

test('visitors see the market and are asked to log in', async () => {
  const visitor = await Visitor.come(browser, exchange);
  await visitor.goto('/trade/BTC-USD');
  const { page } = visitor;
  await line(page, '60,020.00').waitFor();
  await page.getByRole('link', { name: 'Log in' }).first().waitFor();
  await page.locator('souk-order-form').getByText('Log in to place orders.').waitFor();
  await page.goto('/trade/DOGE-USD');
  await page.getByText('Nothing called DOGE-USD is traded here.').waitFor();
  visitor.isClean();
  await visitor.leave();
});

test('a killed exchange is told, dimmed, and then all is as REST has it', async () => {
  const { visitor, page } = await trader('patient');
  await exchange.kill();
  await page.getByText('Connection lost').waitFor();
  await page.locator('souk-ladder .stage.stale').waitFor();
  await page.locator('souk-trade-tape .stale').waitFor();
  await exchange.restart();
  maker = await exchange.login('maker');
  await maker.order('SELL', '0.003', '60007.00');
  const other = await exchange.login('taker');
  const { fills } = await other.order('BUY', '0.001', '60007.00');
  await page.locator('souk-ladder .stage:not(.stale)').waitFor();
  await page.getByText('Connection lost').waitFor({ state: 'detached' });
  await page.locator(`souk-trade-tape tr[data-trade="${fills[0].trade_id}"]`).waitFor();
  await line(page, '60,007.00').getByText('0.00200').first().waitFor();
  assert.deepEqual(await shownBook(page), await restBook());
  const { data } = await exchange.call('GET', '/api/orderbook/BTC-USD/trades?limit=100');
  const trades = await page
    .locator('souk-trade-tape tr[data-trade]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-trade')));
  assert.deepEqual(trades, data.map((print: { trade_id: string }) => print.trade_id));
  // What the network says of the time in between is no fault of the page.
  visitor.isClean(/ERR_|WebSocket|Failed to load/);
  await visitor.leave();
});

async function shownBook(page: Page): Promise<string[]> {
  return page.locator('souk-ladder .line').evaluateAll((lines) =>
    lines.map((each) =>
      [...each.querySelectorAll('span')]
        .slice(1, 3)
        .map((cell) => cell.textContent!.replaceAll(',', '').trim())
        .join(' '),
    ),
  );
}

async function restBook(): Promise<string[]> {
  const { bids, asks } = await exchange.call('GET', '/api/orderbook/BTC-USD');
  return [...asks.reverse(), ...bids].map((level: [string, string]) => level.join(' '));
}
