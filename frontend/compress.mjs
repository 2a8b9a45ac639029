// Leaves a Brotli copy beside each built file for which it is worth it. The page itself is made for
// each answer and has none.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = new URL('dist/', import.meta.url).pathname;
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|svg|txt|json)$/.test(name)) continue;
  const plain = readFileSync(join(dist, name));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  const small = brotliCompressSync(plain, { params });
  if (small.length < plain.length * 0.9) writeFileSync(join(dist, `${name}.br`), small);
}
