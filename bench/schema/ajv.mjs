// node ajv.mjs SCHEMA FILE SECONDS: prints "both valid total instances_per_second" and "only …".
// The lines are JavaScript strings before the clock starts, which spares ajv the decoding.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [schemaFile, file, seconds] = process.argv.slice(2);
const ajv = new Ajv2020.default({ strict: false });
addFormats.default(ajv);
const accepts = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
const lines = readFileSync(file, 'utf8').split('\n').filter((l) => l);

function measure(name, pass) {
  pass(); // warm
  let best = 0, valid = 0;
  const end = performance.now() + Number(seconds) * 1000;
  do {
    const start = performance.now();
    valid = pass();
    best = Math.max(best, lines.length / ((performance.now() - start) / 1000));
  } while (performance.now() < end);
  console.log(name, valid, lines.length, Math.round(best));
}
measure('both', () => { let n = 0; for (const l of lines) n += accepts(JSON.parse(l)); return n; });
const values = lines.map((l) => JSON.parse(l));
measure('only', () => { let n = 0; for (const v of values) n += accepts(v); return n; });
