/** Coming, going and coming back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { open, Visitor } from './browser.ts';
import { Exchange, PASSWORD } from './exchange.ts';

let browser: Browser;
let exchange: Exchange;
before(async () => {
  exchange = await Exchange.start();
  browser = await open();
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

test('a newcomer registers, sees the balances, logs out and in again', async () => {
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.goto('/register');
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Email').fill('alice@example.org');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create' }).click();
  for (const currency of ['USD', 'BTC', 'ETH', 'USDT'])
    await page.getByText(currency, { exact: true }).first().waitFor();
  await page.getByRole('button', { name: /start/i }).click();
  await page.waitForURL('**/trade/**');
  await page.getByRole('button', { name: /alice|account/i }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Log in' }).first().waitFor();
  await visitor.login('alice');
  visitor.isClean();
  await visitor.leave();
});

test('a wrong password is told, and nothing else', async () => {
  await exchange.user('bob');
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.goto('/login');
  await page.getByLabel('Username or email').fill('bob');
  await page.getByLabel('Password', { exact: true }).fill('battery staple');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  assert.match(page.url(), /login/);
  visitor.isClean(/401/);
  await visitor.leave();
});

test('a page that needs a login comes back to itself', async () => {
  await exchange.user('carol');
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await page.goto('/wallets');
  await page.waitForURL('**/login?**');
  await page.getByLabel('Username or email').fill('carol');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/wallets');
  visitor.isClean();
  await visitor.leave();
});

test('a session that was ended elsewhere says so', async () => {
  const dave = await exchange.user('dave');
  const visitor = await Visitor.come(browser, exchange);
  await visitor.login('dave');
  await dave.post('/api/auth/logout');
  await visitor.page.goto('/wallets');
  await visitor.page.waitForURL('**/login?**');
  await visitor.page.getByText('Your session was ended').waitFor();
  visitor.isClean(/401/);
  await visitor.leave();
});
