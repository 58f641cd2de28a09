// npm run fuzz: feeds the parsers and the edits with whatever a fuzzer comes up with, and keeps what it found interesting.
//   npm run fuzz                       every target, 60 s each
//   npm run fuzz -- edits pasted       only these: archives, edits, front_matter, pasted
//   npm run fuzz -- --seconds 600      longer
//   npm run fuzz -- edits FILE         one input again, for example one that made it fail
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { ask, cache, give_up, root, run, say, targetDir } from './lib.mjs';
import { setup } from './setup.mjs';

const crate = path.join(root, 'tests', 'fuzz');
const TARGETS = readdirSync(path.join(crate, 'src')).map((name) => name.replace('.rs', '')).sort();
/** Counters at every branch, which the fuzzer reads. */
const COUNTERS = [
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map((what) => `-Cllvm-args=-sanitizer-coverage-${what}`),
  '-Ccodegen-units=1',
].join(' ');

const words = process.argv.slice(2);
const at = words.indexOf('--seconds');
const seconds = at < 0 ? 60 : Number(words.splice(at, 2)[1]);
if (!Number.isInteger(seconds) || seconds < 1) give_up('--seconds needs a whole number of seconds');
const isFile = (word) => !TARGETS.includes(word) && existsSync(word) && statSync(word).isFile();
const inputs = words.filter(isFile).map((file) => path.resolve(file));
const targets = words.filter((word) => !isFile(word));
const unknown = targets.find((target) => !TARGETS.includes(target));
if (unknown) give_up(`There is no target ${unknown}. There are: ${TARGETS.join(', ')}`);

await setup({ tests: false });
const env = { ...process.env, CARGO_TARGET_DIR: targetDir('fuzz'), CARGO_ENCODED_RUSTFLAGS: undefined, RUSTFLAGS: COUNTERS };
say('Building the targets (about 6 minutes the first time)');
// With a target of its own, so that build scripts and macros get no counters.
const host = /^host: (.*)$/m.exec(ask('rustc', ['-vV']) ?? '')?.[1] ?? give_up('rustc is not installed');
run('cargo', ['build', '--quiet', '--locked', '--release', '--target', host, '--bins'], { env, cwd: crate });

for (const target of targets.length ? targets : TARGETS) {
  const corpus = path.join(cache, 'fuzz', target);
  const found = path.join(cache, 'fuzz', 'found');
  for (const folder of [corpus, found]) mkdirSync(folder, { recursive: true });
  const program = path.join(env.CARGO_TARGET_DIR, host, 'release', target);
  say(inputs.length ? `Running ${target} on ${inputs.join(', ')}` : `Fuzzing ${target} for ${seconds} s`);
  const seeds = path.join(crate, 'seeds', target);
  const options = ['-timeout=10', '-rss_limit_mb=4096', '-max_len=65536', '-print_final_stats=1', `-artifact_prefix=${found}/${target}-`];
  run(program, inputs.length ? inputs : [`-max_total_time=${seconds}`, ...options, corpus, ...(existsSync(seeds) ? [seeds] : [])]);
}
say('Nothing failed.');
