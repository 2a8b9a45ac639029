/** Every page in both themes and both widths: accessible, fitting, clean. */
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { NARROW, open, Visitor, WIDE, type Theme } from './browser.ts';
import { disputed } from './dispute.ts';
import { Exchange, type User } from './exchange.ts';

const PUBLIC = ['/login', '/register', '/trade/BTC-USD', '/p2p', '/about', '/nowhere'];
const OWN = [
  '/dashboard',
  '/trade/BTC-USD',
  '/p2p',
  '/wallets',
  '/profile',
  '/profile/alice',
  '/profile/preferences',
  '/profile/notifications',
  '/disputes',
];
const ADMINS = ['/admin', '/admin/users/bob', '/admin/metrics', '/disputes'];
/** The case view, as a party and as its arbitrator, and the trade as admins see it. */
let cases: { dispute: string; trade: string };

let browser: Browser;
let exchange: Exchange;
before(async () => {
  exchange = await Exchange.start();
  browser = await open();
  const alice = await exchange.user('alice');
  const bob = await exchange.user('bob');
  await market(alice, bob);
  await dispute(alice, bob);
});
after(async () => {
  await browser?.close();
  await exchange?.stop();
});

/** Something to look at: a book, trades, an ad and a P2P trade. */
async function market(alice: User, bob: User): Promise<void> {
  for (let step = 1; step <= 5; step++) {
    await alice.order('SELL', '0.01', `${60000 + step * 10}.00`);
    await bob.order('BUY', '0.01', `${60000 - step * 10}.00`);
  }
  await bob.order('BUY', '0.005', '60010.00');
  const { id } = await alice.post('/api/p2p/advertisements', {
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
  const take = { advertisement_id: id, fiat_amount: '102', payment_method: 'BANK_TRANSFER' };
  await bob.post('/api/p2p/trades', take);
}

/** A dispute that the admin has taken. */
async function dispute(alice: User, bob: User): Promise<void> {
  const { dispute, trade } = await disputed(alice, bob);
  const admin = await exchange.login('admin');
  await admin.post(`/api/dispute/${dispute}/take`);
  cases = { dispute: `/disputes/${dispute}`, trade: `/admin/trades/${trade}` };
}

for (const theme of ['dark', 'light'] satisfies Theme[])
  for (const [name, size] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    test(`pages for all, ${theme} and ${name}`, async () => {
      const visitor = await Visitor.come(browser, exchange, { theme, size });
      await look(visitor, PUBLIC);
    });
    test(`pages of one's own, ${theme} and ${name}`, async () => {
      const visitor = await Visitor.come(browser, exchange, { theme, size });
      await visitor.login('bob');
      await look(visitor, [...OWN, cases.dispute]);
    });
    test(`pages of an admin, ${theme} and ${name}`, async () => {
      const visitor = await Visitor.come(browser, exchange, { theme, size });
      await visitor.login('admin');
      await look(visitor, [...ADMINS, cases.dispute, cases.trade]);
    });
  }

async function look(visitor: Visitor, paths: string[]): Promise<void> {
  for (const path of paths) {
    await visitor.goto(path);
    await visitor.isAccessible();
    await visitor.fits();
    await picture(visitor, path);
  }
  visitor.isClean();
  await visitor.leave();
}

/** Left in the folder that `PICTURES` names, for people to look at. */
async function picture(visitor: Visitor, path: string): Promise<void> {
  const folder = process.env['PICTURES'];
  if (!folder) return;
  const { page } = visitor;
  const theme = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const name = `${path.slice(1).replaceAll('/', '-')}-${theme ? 'dark' : 'light'}-${page.viewportSize()!.width}`;
  await page.screenshot({ path: `${folder}/${name}.png` });
}
