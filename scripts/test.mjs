// npm test: sets up what is missing, then runs everything, with one summary at the end.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { buildSteps } from './build.mjs';
import { CARGO_FLAGS, ask, cargoEnv, carryOut, give_up, root, run, say } from './lib.mjs';
import { setup } from './setup.mjs';

/** The tests on the real engine, and those of them that drive a window. */
const END_TO_END = 'end_to_end';
/** Those that need one: `npm run test:network`. */
const NETWORK = 'network';
const WINDOWS = ['window::', 'pictures::'];

const began = Date.now();
const minutes = () => `${((Date.now() - began) / 60_000).toFixed(1)} min`;
await setup({ tests: true });
const env = { ...cargoEnv(), REKINDLE_TEST_OUTPUT: path.join(root, 'test-output') };

say('Checking the format');
run('cargo', ['fmt', '--all', '--check']);

say('Checking which crate may know of which');
const IO = ['tokio', 'tauri', 'notify', 'reqwest', 'leptos'];
const BORDERS = {
  'rekindle-domain': [...IO, 'rekindle-opencode', 'rekindle-sources', 'rekindle-words', 'rekindle-app'],
  'rekindle-opencode': [...IO, 'rekindle-sources', 'rekindle-words', 'rekindle-app'],
  'rekindle-sources': [...IO, 'rekindle-opencode', 'rekindle-words', 'rekindle-app'],
  'rekindle-words': [...IO, 'rekindle-opencode', 'rekindle-sources', 'rekindle-app'],
  'rekindle-app': ['tauri', 'leptos', 'clap'],
  'rekindle-cli': ['tauri', 'leptos'],
  'rekindle-ui': ['tokio', 'tauri', 'notify', 'reqwest', 'rekindle-app', 'rekindle-opencode', 'rekindle-sources'],
};
for (const [crate, strangers] of Object.entries(BORDERS)) {
  const tree = ask('cargo', ['tree', '--locked', '-p', crate, '-e', 'normal', '--prefix', 'none', '--format', '{p}'], { env });
  if (tree === undefined) give_up(`cargo tree -p ${crate} failed`);
  const names = new Set(tree.split('\n').map((line) => line.split(' ')[0]));
  const found = strangers.filter((name) => names.has(name));
  if (found.length) give_up(`${crate} must not depend on ${found.join(', ')}`);
}

say('Checking that no value of others is written into by a key');
// A `Value` answers null when it is asked for a key that is not there, and panics when one is written. The lints
// cannot tell the two apart.
const WRITES = [/\["[^"\]]+"\]\s*=[^=>]/, /\["[^"\]]+"\](\[[^\]]*\])*\.(take|as_\w+_mut|get_mut|insert|push)\(/, /&mut \w[\w.]*\["/];
for (const crate of ['domain', 'opencode', 'sources', 'words', 'app', 'cli']) {
  const folder = path.join(root, 'crates', crate, 'src');
  for (const name of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.rs'))) {
    const lines = readFileSync(path.join(folder, name), 'utf8').split('\n');
    const at = lines.findIndex((line) => WRITES.some((write) => write.test(line)));
    if (at >= 0) give_up(`${path.join('crates', crate, 'src', name)}:${at + 1} writes by a key: use a Map\n${lines[at]}`);
  }
}

await carryOut(buildSteps({ tests: true }));

say(`Checking the lints (${minutes()} so far)`);
run('cargo', ['clippy', '--quiet', '--locked', '--workspace', '--all-targets', ...CARGO_FLAGS, '--', '-D', 'warnings'], { env });

say(`Running the tests (${minutes()} so far)`);
rmSync(env.REKINDLE_TEST_OUTPUT, { recursive: true, force: true });
mkdirSync(env.REKINDLE_TEST_OUTPUT, { recursive: true });
// More than there are cores: most tests wait for an engine most of the time.
env.RUST_TEST_THREADS ??= String(os.availableParallelism() + 2);
// No engine of a test lives long enough for its runtime's optimiser and garbage collector to pay: without them a start
// takes two thirds of the CPU time (1.6 s against 2.5), and the engine answers the same. Without collection an engine may
// need 2 GB, and some tests have several. Benches and the soak run it as people do.
env.BUN_JSC_useDFGJIT ??= '0';
if (os.totalmem() > (Number(env.RUST_TEST_THREADS) + 5) * 2 * 1024 ** 3) env.BUN_JSC_useGC ??= '0';

let output = '';
/** Runs some of the tests, on a display of their own; false, if one failed. */
function test(...args) {
  const command = ['-a', '-s', '-screen 0 1400x1000x24', 'cargo', 'test', '--locked', '--workspace', '--no-fail-fast', ...CARGO_FLAGS, ...args];
  const child = spawn('xvfb-run', command, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  // One line a test as it ends; the rest in one piece, because others may be told of at the same time.
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`;
    if (/^test .* \.\.\. /.test(line)) process.stdout.write(`${line}\n`);
    else told += `${line}\n`;
  });
  return new Promise((resolve) => {
    child.on('error', (error) => give_up(`xvfb-run could not be started: ${error.message}`));
    child.on('close', (code) => {
      process.stdout.write(told);
      resolve(code === 0);
    });
  });
}

const chosen = process.argv.slice(2);
const { packages } = JSON.parse(ask('cargo', ['metadata', '--locked', '--no-deps', '--format-version', '1'], { env }));
const targets = packages.flatMap((one) => one.targets).filter((one) => one.kind.includes('test') && ![END_TO_END, NETWORK].includes(one.name));
async function all() {
  run('cargo', ['test', '--quiet', '--locked', '--workspace', '--no-run', ...CARGO_FLAGS], { env });
  // Windows are driven one at a time, which leaves cores free: the other tests run beside them.
  const [windows, others] = [WINDOWS, WINDOWS.flatMap((name) => ['--skip', name])];
  const beside = async () => {
    const units = await test('--lib', '--bins', ...targets.flatMap((one) => ['--test', one.name]));
    return (await test('--test', END_TO_END, '--', ...others)) && units;
  };
  const done = await Promise.all([beside(), test('--test', END_TO_END, '--', ...windows, '--test-threads=1')]);
  return done.every(Boolean);
}
const passed = await (chosen.length ? test(...chosen) : all());
const sum = (word) => [...output.matchAll(new RegExp(`^test result: .*?(\\d+) ${word}`, 'gm'))].reduce((sum, match) => sum + Number(match[1]), 0);
say(`Pictures of the window are in ${path.relative(process.cwd(), env.REKINDLE_TEST_OUTPUT)}; all of it took ${minutes()}`);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exit(passed && sum('passed') > 0 ? 0 : 1);
