/** A real Chromium, and pages that are watched: no error, nothing against the policy, no stranger asked. */
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { PASSWORD, type Exchange } from './exchange.ts';

export type Theme = 'light' | 'dark';
export const WIDE = { width: 1400, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** Opens Chromium. */
export function open(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** One person's page. */
export class Visitor {
  readonly page: Page;
  private readonly faults: string[] = [];

  private constructor(page: Page, exchange: Exchange) {
    this.page = page;
    const own = new URL(exchange.url).host;
    page.on('pageerror', (error) => this.faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (!['data:', 'blob:'].includes(protocol) && host !== own)
        this.faults.push(`asked elsewhere: ${request.url()}`);
    });
  }

  /** A browser profile of its own. */
  static async come(
    browser: Browser,
    exchange: Exchange,
    { size = WIDE, theme = 'dark' as Theme } = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL: exchange.url,
      viewport: size,
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
    });
    context.setDefaultTimeout(20_000);
    return new Visitor(await context.newPage(), exchange);
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(path);
    await this.settled();
  }

  /** Once nothing is loading: no skeleton is left. */
  async settled(): Promise<void> {
    await this.page.locator('main').first().waitFor();
    await this.page.waitForFunction(() => !document.querySelector('souk-skeleton'));
  }

  /** Logs in by the form. */
  async login(username: string): Promise<void> {
    await this.page.goto('/login');
    await this.page.getByLabel('Username or email').fill(username);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.page.waitForURL('**/dashboard');
    await this.settled();
  }

  /** What a person with a screen reader, or little sight, would stumble over. */
  async isAccessible(): Promise<void> {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const found = await new AxeBuilder({ page: this.page }).withTags(tags).analyze();
    const told = found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
    );
    assert.deepEqual(told, [], `${this.page.url()} is not accessible`);
  }

  /** Nothing is wider than the window. */
  async fits(): Promise<void> {
    const [inner, outer] = await this.page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert.ok(inner! <= outer!, `${this.page.url()} is ${inner} px wide in ${outer}`);
  }

  /** What the page did that it must not; `but` is let pass. */
  isClean(but: RegExp = /(?!)/): void {
    assert.deepEqual(this.faults.filter((fault) => !but.test(fault)), [], this.page.url());
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
