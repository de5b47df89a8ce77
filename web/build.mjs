// Builds web/dist: hashed names, one chunk a page, index.html without inline scripts.
import { build, context } from 'esbuild';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const isWatching = process.argv.includes('--watch');

const options = {
  absWorkingDir: here,
  entryPoints: ['src/main.tsx'],
  outdir: 'dist/assets',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
  jsx: 'automatic',
  minify: !isWatching,
  sourcemap: isWatching ? 'linked' : false,
  legalComments: 'none',
  charset: 'utf8',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': JSON.stringify(isWatching ? 'development' : 'production') },
  plugins: [{ name: 'page', setup: (b) => b.onEnd((r) => (r.errors.length ? undefined : writePage(r.metafile))) }],
};

/* The styles of the drawing of decisions: beside the page, fetched only where a decision is drawn. */
const drawing = {
  absWorkingDir: here,
  entryPoints: ['src/dmn.css'],
  outdir: 'dist/dmn',
  bundle: true,
  minify: true,
  loader: { '.woff2': 'file', '.woff': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
  assetNames: '[name]',
  logLevel: 'warning',
};

/* Everything the entry imports at once: what a first visit downloads. */
function firstFiles(meta, entry) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const i of meta.outputs[file]?.imports ?? []) if (i.kind === 'import-statement') visit(i.path);
  };
  visit(entry);
  return [...seen];
}

async function writePage(meta) {
  const entry = Object.keys(meta.outputs).find((f) => meta.outputs[f].entryPoint === 'src/main.tsx');
  const css = Object.keys(meta.outputs).find((f) => f.endsWith('.css') && f.includes('main-'));
  const first = firstFiles(meta, entry).filter((f) => f.endsWith('.js'));
  const url = (f) => f.replace(/^dist/, '');
  const html = (await readFile(path.join(here, 'src/index.html'), 'utf8'))
    .replace('<!-- styles -->', css ? `<link rel="stylesheet" href="${url(css)}">` : '')
    .replace('<!-- preload -->',
      first.filter((f) => f !== entry).map((f) => `<link rel="modulepreload" href="${url(f)}">`).join('\n    '))
    .replace('<!-- script -->', `<script type="module" src="${url(entry)}"></script>`);
  await writeFile(path.join(dist, 'index.html'), html);
  await cp(path.join(here, 'public'), dist, { recursive: true });
  await writeGzip(dist);
  let bytes = 0;
  for (const f of first) bytes += (await readFile(path.join(here, `${f}.gz`))).length;
  console.log(`web/dist: first page ${Math.round(bytes / 1024)} kB of script (gzip), ${Object.keys(meta.outputs).length} files`);
}

/* The server sends x.gz where there is one: compressed once here, never at a request. */
async function writeGzip(dir) {
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const file = path.join(dir, e.name);
    if (e.isDirectory()) await writeGzip(file);
    else if (/\.(js|css|html|svg)$/.test(e.name)) await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build(drawing);
if (isWatching) await (await context(options)).watch();
else await build(options);
