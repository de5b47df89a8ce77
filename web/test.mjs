// Bundles src/**/*.test.ts into a scratch folder and runs them with Node's own runner (Node 18 reads no TypeScript).
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, 'node_modules/.cache/shuzhi-tests');

async function findTests(dir, ending) {
  const found = [];
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const full = path.join(dir, e.name);
    if (e.isDirectory()) found.push(...(await findTests(full, ending)));
    else if (e.name.endsWith(ending)) found.push(full);
  }
  return found;
}

const tests = await findTests(path.join(here, 'src'), '.test.ts');
await rm(out, { recursive: true, force: true });
await build({ absWorkingDir: here, entryPoints: tests, outdir: out, bundle: true, platform: 'node', format: 'esm',
  outExtension: { '.js': '.mjs' }, packages: 'external', logLevel: 'warning', jsx: 'automatic' });
const built = await findTests(out, '.test.mjs');
process.exit(spawnSync(process.execPath, ['--test', ...built], { stdio: 'inherit' }).status ?? 1);
