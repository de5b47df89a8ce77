// Times every expression here (feelin) and in the server's engine, in one run, and prints the ratios.
// usage: node run.mjs PATH-OF-bench-feel
import { spawnSync } from 'node:child_process';
import { evaluate } from 'feelin';
import cases from './expressions.mjs';

const SECONDS = 0.3;

function time(work) {
  for (let i = 0; i < 200; i++) work(); // warm
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    let n = 0;
    const start = process.hrtime.bigint();
    let spent = 0;
    do {
      for (let i = 0; i < 20; i++) work();
      n += 20;
      spent = Number(process.hrtime.bigint() - start);
    } while (spent < SECONDS * 1e9 / 3);
    best = Math.min(best, spent / n);
  }
  return best;
}

const input = cases.map(c => JSON.stringify(c)).join('\n') + '\n';
const ours = spawnSync(process.argv[2], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
if (ours.status !== 0) { console.error(ours.stderr); process.exit(1); }
const answers = ours.stdout.trim().split('\n').map(l => JSON.parse(l));

const pad = (s, n) => String(s).padStart(n);
console.log(`${'expression'.padEnd(20)}${pad('feelin ns', 12)}${pad('run ns', 10)}${pad('ratio', 8)}${pad('compile+run ns', 16)}${pad('ratio', 8)}`);
let logs = 0, logsWhole = 0, least = Infinity;
cases.forEach((c, i) => {
  const theirs = time(() => evaluate(c.expression, c.context));
  const value = evaluate(c.expression, c.context).value;
  if (JSON.stringify(value) !== JSON.stringify(answers[i].result))
    console.error(`${c.name}: feelin ${JSON.stringify(value)}, here ${JSON.stringify(answers[i].result)}`);
  const ratio = theirs / answers[i].run, whole = theirs / answers[i].whole;
  logs += Math.log(ratio); logsWhole += Math.log(whole); least = Math.min(least, ratio);
  console.log(`${c.name.padEnd(20)}${pad(theirs.toFixed(0), 12)}${pad(answers[i].run.toFixed(0), 10)}${pad(ratio.toFixed(0), 8)}${pad(answers[i].whole.toFixed(0), 16)}${pad(whole.toFixed(0), 8)}`);
});
console.log(`geometric mean ${Math.exp(logs / cases.length).toFixed(0)} x compiled once, ` +
  `${Math.exp(logsWhole / cases.length).toFixed(0)} x compiled every time; least ${least.toFixed(0)} x`);
