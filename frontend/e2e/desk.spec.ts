/** Wallets, profile, arbitration and admin, as people use them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { open, Visitor } from './browser.ts';
import { disputed } from './dispute.ts';
import { Exchange, PASSWORD } from './exchange.ts';

let browser: Browser;
let exchange: Exchange;
before(async () => {
  exchange = await Exchange.start({ SOUK_CLOCK: 'manual' });
  browser = await open();
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

test('money goes in and out, and the ledger tells it to the last digit', async () => {
  const erin = await exchange.user('erin');
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.login('erin');
  await visitor.goto('/wallets');

  const dialog = page.getByRole('dialog');
  const amount = dialog.getByLabel('Amount');
  await page.getByRole('button', { name: 'Deposit USD', exact: true }).click();
  await amount.fill('1000000.01');
  await dialog.getByRole('button', { name: 'Deposit' }).click();
  await dialog.getByText(/bound on deposits/).waitFor();
  await amount.fill('123.45');
  await dialog.getByRole('button', { name: 'Deposit' }).click();
  await dialog.waitFor({ state: 'detached' });
  const balances = page.getByRole('region', { name: 'Balances' });
  await balances.getByText('10,123.45').first().waitFor();
  const ledger = page.getByRole('region', { name: 'Ledger' });
  await ledger.getByText('+123.45').waitFor();

  await page.getByRole('button', { name: 'Withdraw BTC' }).click();
  await amount.fill('0.50000001');
  await dialog.getByText('This is more than is available.').waitFor();
  await amount.fill('0.12345678');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await dialog.waitFor({ state: 'detached' });
  await balances.getByText('0.37654322').first().waitFor();
  await ledger.getByText('-0.12345678').waitFor();

  await page.getByRole('button', { name: 'Ledger of BTC' }).click();
  await ledger.getByText('+123.45').waitFor({ state: 'detached' });
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  const lines = (await readFile(await (await saved).path(), 'utf8')).trimEnd().split('\r\n');
  const { data } = await erin.get('/api/wallet/transactions?currency=BTC');
  const told = data.map((each: Record<string, string>) =>
    ['created_at', 'type', 'currency', 'account', 'amount', 'sequence', 'id']
      .map((name) => each[name])
      .join(','),
  );
  assert.deepEqual(lines, ['time,type,currency,account,amount,sequence,id', ...told]);
  assert.match(lines[1]!, /,WITHDRAWAL,BTC,AVAILABLE,-0\.12345678,/);
  visitor.isClean(/422/);
  await visitor.leave();
});

test('a new password ends the other session, and not this one', async () => {
  await exchange.user('frank');
  const [here, elsewhere] = [
    await Visitor.come(browser, exchange),
    await Visitor.come(browser, exchange),
  ];
  await here.login('frank');
  await elsewhere.login('frank');
  await here.goto('/profile');
  const { page } = here;
  await page.getByLabel('Current password', { exact: true }).fill('not the one');
  await page.getByLabel('New password', { exact: true }).fill('battery staple');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('This is not your current password').waitFor();
  await page.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Your password was changed, and').waitFor();
  await elsewhere.page.waitForURL('**/login?why=ended**');
  await elsewhere.page.getByText('Your session was ended').waitFor();
  await here.goto('/wallets');
  await page.getByRole('heading', { name: 'Wallets' }).waitFor();
  here.isClean(/401/);
  elsewhere.isClean(/401/);
  await here.leave();
  await elsewhere.leave();
});

test('an arbitrator takes a dispute and splits it', async () => {
  const [grace, heidi] = [await exchange.user('grace'), await exchange.user('heidi')];
  await exchange.user('judy');
  const admin = await exchange.login('admin');
  await admin.post('/api/admin/users/judy', { role: 'ARBITRATOR' });
  const { dispute } = await disputed(grace, heidi);

  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.login('judy');
  await visitor.goto('/disputes');
  await page.getByRole('link', { name: `Open dispute ${dispute}` }).click();
  await page.getByRole('button', { name: 'Take this dispute' }).click();
  await page.getByRole('button', { name: 'Take it' }).click();
  await page.getByText('My bank confirms the transfer of all of it.').waitFor();
  await page.getByText('The money is on its way.').waitFor();
  await page.getByRole('button', { name: 'View Text of heidi' }).click();
  await page.getByText('Transfer 4711: 500.00 USD').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByText('Split', { exact: true }).click();
  await page.getByLabel('Buyer, %').fill('60');
  const verdict = page.getByRole('region', { name: 'Your verdict' });
  await verdict.getByText('294.117646 USDT').waitFor();
  await verdict.getByText('196.078432 USDT').waitFor();
  await page.getByLabel('Reason, for both parties').fill('Three fifths have arrived.');
  await page.getByRole('button', { name: 'Review and give the verdict' }).click();
  const give = page.getByRole('button', { name: 'Give the verdict', exact: true });
  assert.ok(await give.isDisabled());
  await page.getByLabel('I have read the statements').check();
  await give.click();
  await page.getByText('Verdict: Split: 60 % to the buyer').waitFor();

  await admin.post('/api/admin/clock', { advance_ms: 24 * 3_600_000 });
  await page.getByText('Closed', { exact: true }).first().waitFor();
  const { available_balance } = await heidi.get('/api/wallet/USDT');
  assert.equal(available_balance, '5294.117646');
  visitor.isClean();
  await visitor.leave();
});

test('an admin freezes a user, whose order is then refused', async () => {
  const ivan = await exchange.user('ivan');
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.login('admin');
  await visitor.goto('/admin/users');
  await page.getByRole('searchbox', { name: 'Username' }).fill('ivan');
  await page.getByRole('button', { name: 'Look up' }).click();
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
  await page.getByText('Frozen', { exact: true }).waitFor();
  await assert.rejects(ivan.order('BUY', '0.01', '50000.00'), /403 .*USER_FROZEN/);
  await page.getByRole('button', { name: 'Unfreeze', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click();
  await page.getByText('Not frozen', { exact: true }).waitFor();
  assert.equal((await ivan.order('BUY', '0.01', '50000.00')).order.status, 'PENDING');
  visitor.isClean();
  await visitor.leave();
});

test('the palette goes where it is told', async () => {
  await exchange.user('kim');
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.login('kim');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to' }).fill('ledger');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/wallets');
  await visitor.settled();
  visitor.isClean();
  await visitor.leave();
});
