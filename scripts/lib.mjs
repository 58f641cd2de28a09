// What the scripts share: places, processes, and the environment in which Rust is built.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'rekindle');
export const WASM = 'wasm32-unknown-unknown';
/** The name under which setup links a system toolchain with a wasm standard library. */
export const SYSTEM_TOOLCHAIN = 'rekindle-system';

/** Prints a line for people; everything that the tools themselves say goes to standard error. */
export const say = (text) => process.stderr.write(`${text}\n`);

/** Ends with a message that says what to do. */
export function give_up(text) {
  say(`\n${text}`);
  process.exit(1);
}

/** Runs a command with its output shown; ends everything when it fails. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['inherit', 2, 'inherit'], ...options });
  if (error) give_up(`${command} could not be started: ${error.message}`);
  if (status !== 0) give_up(`${[command, ...args].join(' ')} ended with ${signal ?? `code ${status}`}`);
}

const seconds = (since) => Math.round((Date.now() - since) / 1000);
/** `48 s`, `3 min 20 s`. */
export const duration = (all) => (all < 60 ? `${all} s` : `${Math.floor(all / 60)} min ${all % 60} s`);

/**
 * Carries out what is not there yet, one step after the other, and says how long each took and how far it is.
 * A step is {title, takes?, isThere, make}.
 */
export async function carryOut(steps) {
  const began = Date.now();
  const missing = steps.filter((step) => !step.isThere());
  for (const [index, step] of missing.entries()) {
    say(`[${index + 1}/${missing.length}] ${step.title}${step.takes ? ` (${step.takes})` : ''}`);
    const start = Date.now();
    await step.make();
    say(`      done in ${duration(seconds(start))}${index > 0 ? `, ${duration(seconds(began))} so far` : ''}`);
  }
}

/** What a command prints, or undefined when it fails or does not exist. */
export function ask(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  return status === 0 ? stdout.trim() : undefined;
}

export const hash = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);

/** Whether a Rust toolchain (by rustup name; undefined: the default one) has the wasm library. */
export function hasWasm(toolchain) {
  const env = { ...process.env, ...(toolchain && { RUSTUP_TOOLCHAIN: toolchain }) };
  const dir = ask('rustc', ['--print', 'target-libdir', '--target', WASM], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  return Boolean(dir) && existsSync(dir) && readdirSync(dir).some((file) => /^libstd-.*\.rlib$/.test(file));
}

/**
 * Build output lives outside the checkout, so that a new clone builds in seconds. Its key is the
 * compiler; what else it depends on, cargo itself keeps track of.
 */
export function targetDir(name, env = process.env) {
  const rustc = ask('rustc', ['-vV'], { env }) ?? 'none';
  return process.env.CARGO_TARGET_DIR ?? path.join(cache, 'target', `${name}-${hash(rustc)}`);
}

/** The engine that package.json pins: its binary in the package for this system. */
export function pinnedEngine() {
  const platform = { win32: 'windows' }[process.platform] ?? process.platform;
  const base = `opencode-${platform}-${process.arch}`;
  const slow = process.arch === 'x64' && process.platform === 'linux' && !/\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const names = slow ? [`${base}-baseline`] : [base, `${base}-baseline`];
  const file = process.platform === 'win32' ? 'opencode.exe' : 'opencode';
  return names
    .flatMap((name) => [name, `${name}-musl`])
    .map((name) => path.join(root, 'node_modules', name, 'bin', file))
    .find(existsSync);
}

/** The environment for building and running the core, the shell and the command line. */
export function cargoEnv() {
  return { ...process.env, CARGO_TARGET_DIR: targetDir('core'), REKINDLE_ENGINE: process.env.REKINDLE_ENGINE ?? pinnedEngine() ?? '' };
}

/** Where the built programs are. */
export const binary = (name) => path.join(targetDir('core'), 'debug', process.platform === 'win32' ? `${name}.exe` : name);

/** How all programs are built. The same flags everywhere, or cargo would build twice. */
export const CARGO_FLAGS = ['--features', 'rekindle-desktop/custom-protocol'];
