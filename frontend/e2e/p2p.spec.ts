/** P2P trading in two browsers: a sale, cancels, a dispute with a verdict, and what visitors see. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { NARROW, open, Visitor, WIDE, type Theme } from './browser.ts';
import { Exchange, PASSWORD, type User } from './exchange.ts';

/** The smallest PNG there is. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

let browser: Browser;
let exchange: Exchange;
before(async () => {
  // Time moves when a test says so. A verdict is carried out before the sessions end.
  exchange = await Exchange.start({ SOUK_CLOCK: 'manual', SOUK_P2P_APPEAL_WINDOW_SECS: '3600' });
  browser = await open();
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

/** An ad that sells 1,000 USDT for 1.02 USD each, with an account for its payments. */
async function sells(seller: User): Promise<string> {
  const account = { payment_method: 'BANK_TRANSFER', holder: 'Sara Sell', details: 'IBAN 12' };
  await seller.post('/api/user/payment-accounts', account);
  const { id } = await seller.post('/api/p2p/advertisements', {
    ad_type: 'SELL',
    currency: 'USDT',
    fiat_currency: 'USD',
    price_type: 'FIXED',
    price: '1.02',
    available_amount: '1000',
    min_limit: '50',
    max_limit: '500',
    payment_methods: ['BANK_TRANSFER'],
    payment_window_secs: 900,
  });
  return id;
}

async function takes(buyer: User, advertisement_id: string, fiat_amount = '500'): Promise<string> {
  const body = { advertisement_id, fiat_amount, payment_method: 'BANK_TRANSFER' };
  return (await buyer.post('/api/p2p/trades', body)).trade.id;
}

async function comes(username: string, path: string, look = {}): Promise<Visitor> {
  const visitor = await Visitor.come(browser, exchange, look);
  await visitor.login(username);
  await visitor.goto(path);
  return visitor;
}

async function advance(ms: number): Promise<void> {
  const admin = await exchange.login('admin');
  await admin.post('/api/admin/clock', { advance_ms: ms });
}

async function wallet(user: User): Promise<string> {
  const { available_balance, locked_balance } = await user.get('/api/wallet/USDT');
  return `${available_balance} ${locked_balance}`;
}

async function agree(visitor: Visitor, button: string): Promise<void> {
  const dialog = visitor.page.getByRole('dialog');
  const yes = dialog.getByRole('button', { name: button, exact: true });
  await yes.waitFor();
  if (await yes.isDisabled()) await dialog.getByRole('checkbox').check();
  await yes.click();
  await dialog.waitFor({ state: 'detached' });
}

async function writes(from: Visitor, to: Visitor, text: string): Promise<void> {
  await from.page.getByLabel('Message').fill(text);
  await from.page.getByLabel('Message').press('Enter');
  await to.page.getByRole('log').getByText(text).waitFor();
  await from.page.getByRole('log').getByText(text).waitFor();
}

async function reviews(
  visitor: Visitor,
  other: string,
  stars: number,
  text: string,
): Promise<void> {
  const { page } = visitor;
  await page.getByRole('radio', { name: `${stars} of 5` }).check({ force: true });
  await page.getByLabel('Comment').fill(text);
  await page.getByRole('button', { name: 'Send the review' }).click();
  await page.getByText(`You rated ${other}`).waitFor();
}

async function heading(visitor: Visitor, name: string | RegExp): Promise<void> {
  await visitor.page.getByRole('heading', { name, level: 2 }).waitFor();
}

/** A visitor's feed that can be kept from telling events of a kind. */
async function mutable(visitor: Visitor, kind: string): Promise<{ isMuted: boolean }> {
  const mute = { isMuted: false };
  await visitor.page.routeWebSocket(/\/ws\//, (page) => {
    const feed = page.connectToServer();
    feed.onMessage((text) => {
      if (!mute.isMuted || !String(text).includes(`"type":"${kind}"`)) page.send(text);
    });
  });
  return mute;
}

async function leave(...visitors: Visitor[]): Promise<void> {
  for (const visitor of visitors) {
    visitor.isClean();
    await visitor.leave();
  }
}

test('a whole sale: ad, take, chat, payment, release, reviews', async () => {
  const [sara, ben] = [await exchange.user('sara'), await exchange.user('ben')];
  const seller = await comes('sara', '/p2p/ads/new');
  const buyer = await comes('ben', '/p2p');

  const form = seller.page;
  await form.getByRole('button', { name: 'Post the ad' }).click();
  await form.getByText('Choose one at least').waitFor();
  await form.getByLabel('Price of one USDT').fill('1.02');
  await form.getByLabel('Amount', { exact: true }).fill('5000.000001');
  await form.getByText('More than you have available').waitFor();
  await form.getByLabel('Amount', { exact: true }).fill('1000');
  await form.getByLabel('Smallest trade').fill('50');
  await form.getByLabel('Largest trade').fill('500');
  await form.getByLabel('Bank transfer').check();
  await form.getByRole('button', { name: 'Account for Bank transfer' }).click();
  await form.getByLabel('Account holder').fill('Sara Sell');
  await form.getByLabel('Details').fill('First Bank, 123 456');
  await form.getByRole('button', { name: 'Add account' }).click();
  await form.getByRole('dialog').waitFor({ state: 'detached' });
  await form.getByRole('button', { name: 'Post the ad' }).click();
  await form.waitForURL('**/p2p/ads');
  await form.getByText('Active', { exact: true }).waitFor();
  assert.equal(await wallet(sara), '4000.000000 1000.000000');

  // The offer shows without a reload.
  await buyer.page.getByRole('button', { name: 'Buy USDT: offer of sara' }).click();
  await buyer.page.getByLabel('You pay').fill('500');
  await buyer.page.getByText(/^490.196078/).waitFor();
  await buyer.page.getByRole('dialog').getByRole('button', { name: 'Buy USDT' }).click();
  await heading(buyer, 'Pay sara 500.00');
  await buyer.page.getByText('First Bank, 123 456').waitFor();

  await form.getByRole('link', { name: /^Trades/ }).click();
  await form.getByRole('link', { name: /^Open trade/ }).click();
  await heading(seller, 'Waiting for ben to pay');
  await writes(buyer, seller, 'I am paying now');
  await writes(seller, buyer, 'Thank you');

  await buyer.page.getByRole('button', { name: 'I have paid' }).click();
  await agree(buyer, 'I have paid');
  await heading(buyer, 'sara checks the payment');
  await heading(seller, 'Look at your account, then release');
  await seller.page.getByRole('button', { name: 'Release USDT' }).click();
  await agree(seller, 'Release USDT');
  await heading(seller, 'Completed');
  await heading(buyer, 'Completed');
  assert.equal(await wallet(ben), '5490.196078 0.000000');
  assert.equal(await wallet(sara), '4000.000000 509.803922');

  await reviews(buyer, 'sara', 5, 'Fast release');
  await reviews(seller, 'ben', 4, 'Paid at once');
  await seller.page.getByText('Fast release').waitFor();
  await buyer.page.getByText('Paid at once').waitFor();
  const { rating } = await sara.get('/api/reputation/sara');
  assert.equal(rating, '5.00');

  await seller.goto('/p2p/ads');
  await seller.page.getByText('1 completed').waitFor();
  await seller.page.getByRole('button', { name: 'Pause' }).click();
  await seller.page.getByText('Paused', { exact: true }).waitFor();
  await seller.page.getByRole('button', { name: 'Resume' }).click();
  await seller.page.getByText('Active', { exact: true }).waitFor();
  await seller.page.getByRole('button', { name: 'Close' }).click();
  await agree(seller, 'Close the ad');
  await seller.page.getByText('You have no ads that run').waitFor();
  assert.equal(await wallet(sara), '4509.803922 0.000000');
  await leave(seller, buyer);
});

test('what changes under a taker is shown, and taken only when agreed to', async () => {
  const [sven, bea] = [await exchange.user('sven'), await exchange.user('bea')];
  const ad = await sells(sven);
  const buyer = await comes('bea', '/p2p');
  const { page } = buyer;
  await page.getByRole('button', { name: 'Buy USDT: offer of sven' }).click();
  await page.getByLabel('You pay').fill('103');
  const seller = await comes('sven', `/p2p/ads/${ad}/edit`);
  await seller.page.getByLabel('Price of one USDT').fill('1.03');
  await seller.page.getByRole('button', { name: 'Save changes' }).click();
  await seller.page.waitForURL('**/p2p/ads');
  await page.getByText('sven has changed this ad').waitFor();
  const buy = page.getByRole('dialog').getByRole('button', { name: 'Buy USDT' });
  assert.ok(await buy.isDisabled());
  await page.getByRole('button', { name: 'Go on with the new terms' }).click();
  await page.getByText(/^100.000000/).waitFor();
  await buy.click();
  await heading(buyer, 'Pay sven 103.00');
  const { data } = await bea.get('/api/p2p/trades');
  assert.equal(data[0].price, '1.03000000');
  await leave(buyer, seller);
});

test('a buyer cancels; a seller asks to, and the buyer agrees', async () => {
  const [sid, bob] = [await exchange.user('sid'), await exchange.user('bob')];
  const ad = await sells(sid);
  const first = await takes(bob, ad);
  const buyer = await comes('bob', `/p2p/trades/${first}`);
  const seller = await comes('sid', `/p2p/trades/${first}`);
  await buyer.page.getByText('How cancelling works').click();
  await buyer.page.getByText('normally for two minutes').waitFor();
  await buyer.page.getByRole('button', { name: 'Cancel the trade' }).click();
  await agree(buyer, 'Cancel the trade');
  await heading(buyer, 'Cancelled');
  await heading(seller, 'Cancelled');
  assert.equal(await wallet(sid), '4000.000000 1000.000000');

  const second = await takes(bob, ad);
  await bob.post(`/api/p2p/trades/${second}/payment-sent`);
  await buyer.goto(`/p2p/trades/${second}`);
  await seller.goto(`/p2p/trades/${second}`);
  await seller.page.getByRole('button', { name: 'Ask to cancel' }).click();
  await agree(seller, 'Ask to cancel');
  await buyer.page.getByText('sid asks you to cancel').waitFor();
  await buyer.page.getByRole('button', { name: 'Agree to cancel' }).click();
  await agree(buyer, 'Agree to cancel');
  await heading(seller, 'Cancelled');
  await seller.page.getByText('it counts against nobody').waitFor();

  const third = await takes(bob, ad);
  await buyer.goto(`/p2p/trades/${third}`);
  await advance(900_000);
  await heading(buyer, 'Expired');
  await leave(buyer, seller);
});

test('more time, a freeze, and the time to release', async () => {
  const [saul, bert] = [await exchange.user('saul'), await exchange.user('bert')];
  const trade = await takes(bert, await sells(saul));
  const seller = await comes('saul', `/p2p/trades/${trade}`);
  const buyer = await comes('bert', `/p2p/trades/${trade}`);
  await seller.page.getByRole('button', { name: 'Give more time' }).click();
  await agree(seller, 'Give more time');
  await buyer.page.getByRole('log').getByText('saul gave more time to pay').waitFor();
  await advance(900_000);
  const admin = await exchange.login('admin');
  await admin.post(`/api/admin/p2p/trades/${trade}/freeze`, { reason: 'Looks odd' });
  await heading(buyer, 'Frozen by an admin');
  assert.equal(await buyer.page.getByRole('button', { name: 'I have paid' }).count(), 0);
  await admin.post(`/api/admin/p2p/trades/${trade}/unfreeze`, { reason: 'It is fine' });
  await buyer.page.getByRole('button', { name: 'I have paid' }).click();
  await agree(buyer, 'I have paid');
  await heading(seller, 'Look at your account, then release');
  await advance(900_000);
  await heading(buyer, 'saul is late');
  await buyer.page.getByRole('button', { name: 'Open a dispute' }).waitFor();
  await leave(buyer, seller);
});

test('a floating price follows the book; a seller is asked for an account first', async () => {
  const [mia, sam] = [await exchange.user('mia'), await exchange.user('sam')];
  await mia.order('BUY', '0.01', '59990.00');
  await sam.order('SELL', '0.01', '60010.00');
  await mia.post('/api/p2p/advertisements', {
    ad_type: 'BUY',
    currency: 'BTC',
    fiat_currency: 'USD',
    price_type: 'FLOATING',
    margin_percent: '1.5',
    available_amount: '0.1',
    min_limit: '50',
    max_limit: '5000',
    payment_methods: ['SEPA'],
    payment_window_secs: 900,
  });
  const seller = await Visitor.come(browser, exchange);
  const { page } = seller;
  const mute = await mutable(seller, 'ticker');
  await seller.login('sam');
  await seller.goto('/p2p?side=sell&asset=BTC');
  await page.getByText(/^60,900.00/).waitFor();
  await mia.order('BUY', '0.01', '60000.00');
  await page.getByText(/^60,905.075/).waitFor();
  await page.getByRole('button', { name: 'Sell BTC: offer of mia' }).click();
  const dialog = page.getByRole('dialog');
  await page.getByLabel('You receive').fill('609.05075');
  await page.getByText('Too many decimals for USD').waitFor();
  await page.getByLabel('You receive').fill('609.05');
  await dialog.getByText(/^0.00999998/).waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Sell BTC' }).isDisabled());
  await page.getByRole('button', { name: 'Account for SEPA' }).click();
  await page.getByLabel('Account holder').fill('Sam Seller');
  await page.getByLabel('Details').fill('IBAN 34');
  await page.getByRole('button', { name: 'Add account' }).click();
  await page.getByRole('dialog', { name: 'Where you are paid' }).waitFor({ state: 'detached' });

  // The book moves, and the page does not hear of it.
  mute.isMuted = true;
  await page.getByLabel('The price may move by').selectOption('0');
  await mia.order('BUY', '0.01', '60002.00');
  await dialog.getByRole('button', { name: 'Sell BTC' }).click();
  await page.getByText('The price has moved to 60,906.09').waitFor();
  await dialog.getByText(/^0.00999982/).waitFor();
  await dialog.getByRole('button', { name: 'Agree to 60,906.09' }).click();
  await heading(seller, 'Waiting for mia to pay');
  await page.getByText('IBAN 34').waitFor();
  seller.isClean(/409/);
  await seller.leave();
});

test('a dispute with evidence, an answer and a verdict', async () => {
  const [sue, basil] = [await exchange.user('sue'), await exchange.user('basil')];
  const arbitrator = await exchange.user('judge');
  const admin = await exchange.login('admin');
  await admin.post('/api/admin/users/judge', { role: 'ARBITRATOR' });
  const trade = await takes(basil, await sells(sue));
  await basil.post(`/api/p2p/trades/${trade}/payment-sent`);
  const seller = await comes('sue', `/p2p/trades/${trade}`);
  const buyer = await comes('basil', `/p2p/trades/${trade}`);

  await seller.page.getByRole('button', { name: 'Open a dispute' }).click();
  const box = seller.page.getByRole('dialog');
  await box.getByLabel('What is wrong?').selectOption('PAYMENT_NOT_RECEIVED');
  await box.getByLabel('What happened?').fill('Too short');
  assert.ok(await box.getByRole('button', { name: 'Open the dispute' }).isDisabled());
  await box.getByLabel('What happened?').fill('Nothing has arrived in my account.');
  await box.getByRole('button', { name: 'Open the dispute' }).click();
  await heading(seller, 'Waiting for an arbitrator');
  await heading(buyer, 'Waiting for an arbitrator');

  const files = seller.page.getByLabel('Add a file');
  await files.setInputFiles({ name: 'a.gif', mimeType: 'image/gif', buffer: PICTURE });
  await seller.page.getByText('Only PNG, JPEG').waitFor();
  await files.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PICTURE });
  await seller.page.getByRole('button', { name: 'Picture, 70 bytes' }).waitFor();
  await buyer.page.getByRole('button', { name: 'Picture, 70 bytes' }).click();
  await buyer.page.getByRole('img', { name: 'Picture that sue brought in' }).waitFor();
  await buyer.page.getByRole('button', { name: 'Close' }).click();

  await buyer.page.getByRole('button', { name: 'Answer' }).click();
  await buyer.page.getByLabel('What is wrong?').selectOption('OTHER');
  await buyer.page.getByLabel('What happened?').fill('I have paid, see the receipt of my bank.');
  await buyer.page.getByRole('button', { name: 'Send the answer' }).click();
  await seller.page.getByText('I have paid, see the receipt').waitFor();
  const receipt = { name: 'r.txt', mimeType: 'text/plain', buffer: Buffer.from('Paid 500.00') };
  await buyer.page.getByLabel('Add a file').setInputFiles(receipt);
  await seller.page.getByRole('button', { name: 'Text, 11 bytes' }).click();
  await seller.page.getByText('Paid 500.00').waitFor();
  await seller.page.getByRole('button', { name: 'Close' }).click();

  const { dispute_id } = await sue.get(`/api/p2p/trades/${trade}`);
  await arbitrator.post(`/api/dispute/${dispute_id}/take`);
  await heading(buyer, 'judge decides the dispute');
  const reason = 'The receipt shows the payment.';
  await arbitrator.post(`/api/dispute/${dispute_id}/verdict`, { outcome: 'BUYER', reason });
  await heading(buyer, 'Verdict: the coins go to basil');
  await heading(seller, 'Verdict: the coins go to basil');
  await seller.page.getByText(reason).waitFor();
  await seller.page.getByRole('button', { name: 'Appeal' }).waitFor();
  assert.equal(await buyer.page.getByRole('button', { name: 'Appeal' }).count(), 0);
  await advance(3_600_000);
  for (const visitor of [buyer, seller]) {
    await visitor.page.getByText('Decided for the buyer', { exact: true }).waitFor();
    await visitor.page.getByText('Escrow: Released').waitFor();
  }
  assert.equal(await wallet(basil), '5490.196078 0.000000');
  await leave(seller, buyer);
});

test('a visitor looks at offers with filters in the address, and logs in to take', async () => {
  const sol = await exchange.user('sol');
  await exchange.user('bonnie');
  await sells(sol);
  const visitor = await Visitor.come(browser, exchange);
  const { page } = visitor;
  await visitor.goto('/p2p?amount=60&method=BANK_TRANSFER');
  const offer = page.getByRole('button', { name: 'Buy USDT: offer of sol' });
  await offer.waitFor();
  await page.getByLabel('Amount', { exact: true }).fill('501');
  await page.waitForURL('**/p2p?amount=501&method=BANK_TRANSFER');
  await offer.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Show all offers' }).click();
  await offer.click();
  await page.getByRole('button', { name: 'Log in to buy' }).click();
  await page.getByLabel('Username or email').fill('bonnie');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/p2p');
  await offer.waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Blocks' }).click();
  await page.getByLabel('Username').fill('sol');
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByRole('link', { name: 'sol' }).waitFor();
  await page.getByRole('link', { name: 'Offers' }).click();
  await visitor.settled();
  assert.equal(await offer.count(), 0);
  await leave(visitor);
});

for (const theme of ['dark', 'light'] satisfies Theme[])
  for (const [name, size] of Object.entries({ wide: WIDE, narrow: NARROW }))
    test(`rooms and the editor are accessible and fit, ${theme} and ${name}`, async () => {
      const seller = await exchange.user(`s_${theme}_${name}`);
      const buyer = await exchange.user(`b_${theme}_${name}`);
      const ad = await sells(seller);
      const trade = await takes(buyer, ad);
      const visitor = await comes(seller.name, `/p2p/trades/${trade}`, { theme, size });
      await looks(visitor);
      await buyer.post(`/api/p2p/trades/${trade}/payment-sent`);
      await visitor.page.getByRole('button', { name: 'Open a dispute' }).click();
      await looks(visitor);
      const statement = 'Nothing has arrived in my account.';
      const dispute = { trade_id: trade, reason: 'PAYMENT_NOT_RECEIVED', statement };
      await seller.post('/api/dispute', dispute);
      for (const path of [
        `trades/${trade}`,
        'ads',
        'ads/new',
        `ads/${ad}/edit`,
        'settings/accounts',
      ]) {
        await visitor.goto(`/p2p/${path}`);
        await looks(visitor);
      }
      await leave(visitor);
    });

async function looks(visitor: Visitor): Promise<void> {
  await visitor.isAccessible();
  await visitor.fits();
}
