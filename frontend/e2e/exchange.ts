/** The real exchange: the binary with a folder of its own, and what tests ask of it beside the page. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env['SOUK_BINARY'] ?? new URL('../../target/debug/souk', import.meta.url).pathname;
export const PASSWORD = 'correct horse';

/** Settings of the tests, not those of whoever runs them. */
function environment(dir: string, settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SOUK_'));
  return {
    ...Object.fromEntries(own),
    SOUK_ADMIN_PASSWORD: PASSWORD,
    SOUK_BCRYPT_COST: '4',
    SOUK_DEVELOPMENT: 'true',
    SOUK_DATA_DIR: dir,
    SOUK_DURABILITY: 'process',
    ...settings,
  };
}

export class Exchange {
  readonly url: string;
  private readonly dir: string;
  private readonly settings: NodeJS.ProcessEnv;
  private child: ChildProcess;

  private constructor(dir: string, settings: NodeJS.ProcessEnv, child: ChildProcess, url: string) {
    [this.dir, this.settings, this.child, this.url] = [dir, settings, child, url];
  }

  /** With settings beside those of all tests, such as `{ SOUK_RATE_LIMITS: 'off' }`. */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<Exchange> {
    const dir = mkdtempSync(join(tmpdir(), 'souk-e2e-'));
    const { child, url } = await serve(dir, settings, '127.0.0.1:0');
    return new Exchange(dir, settings, child, url);
  }

  /** kill -9; connections break. */
  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Serves again where it did. */
  async restart(): Promise<void> {
    this.child = (await serve(this.dir, this.settings, new URL(this.url).host)).child;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true });
  }

  /** A call of the API; a refusal throws. */
  async call<T = any>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** A new user; gives a token. */
  async user(username: string): Promise<User> {
    const email = `${username}@example.org`;
    await this.call('POST', '/api/auth/register', { username, email, password: PASSWORD });
    return this.login(username);
  }

  async login(username: string): Promise<User> {
    const body = { username, password: PASSWORD };
    const { access_token } = await this.call('POST', '/api/auth/login', body);
    return new User(this, username, access_token);
  }
}

/** Somebody who asks the API itself. */
export class User {
  readonly name: string;
  readonly token: string;
  private readonly exchange: Exchange;

  constructor(exchange: Exchange, name: string, token: string) {
    [this.exchange, this.name, this.token] = [exchange, name, token];
  }

  get<T = any>(path: string): Promise<T> {
    return this.exchange.call('GET', path, undefined, this.token);
  }

  post<T = any>(path: string, body: unknown = {}): Promise<T> {
    return this.exchange.call('POST', path, body, this.token);
  }

  /** A limit order on BTC-USD. */
  order(order_type: 'BUY' | 'SELL', quantity: string, price: string): Promise<any> {
    const body = { instrument: 'BTC-USD', order_type, order_subtype: 'LIMIT', quantity, price };
    return this.post('/api/orderbook/orders', body);
  }
}

async function serve(
  dir: string,
  settings: NodeJS.ProcessEnv,
  address: string,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(BINARY, ['serve', '--listen', address], {
    env: environment(dir, settings),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the exchange did not start:\n${seen.join('\n')}`)));
    // Read to the end, so that the pipe never fills.
    createInterface({ input: child.stderr! }).on('line', (line) => {
      seen.push(line);
      const url = /listening on (http:\S+)/.exec(line)?.[1];
      if (url) resolve({ child, url });
    });
  });
}
