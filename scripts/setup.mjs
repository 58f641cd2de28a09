// Sets up whatever is missing to build and run Rekindle, and with --tests also to test it.
// Safe to run again: what is there is left alone, and then no network is needed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

import { SYSTEM_TOOLCHAIN, WASM, ask, cache, carryOut, give_up, hasWasm, hash, pinnedEngine, root, run, say } from './lib.mjs';

/** The oldest Rust that builds this: `rust-version` in Cargo.toml. */
const RUST = readFileSync(path.join(root, 'Cargo.toml'), 'utf8').match(/^rust-version = "(.*)"$/m)[1];
const BUILD = ['build-essential', 'pkg-config', 'libwebkit2gtk-4.1-dev'];
// The engine's `skill` tool searches with ripgrep; without it on PATH it would download it.
const TEST = ['webkit2gtk-driver', 'xvfb', 'xauth', 'fonts-dejavu-core', 'ripgrep', 'uidmap'];
/** Debian's own Rust with the library's sources, for systems where rustup has no wasm library. */
const SYSTEM_RUST = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'];

const isRoot = process.getuid?.() === 0;
const installed = (name) => ask('dpkg-query', ['-W', '-f', '${Status}', name], { stdio: ['ignore', 'pipe', 'ignore'] }) === 'install ok installed';

/** Everything that can be missing, in the order in which it is set up. */
export function setupSteps({ tests }) {
  const packages = tests ? [...BUILD, ...TEST] : BUILD;
  const missing = () => packages.filter((name) => !installed(name));
  return [
    {
      title: 'Looking for Rust',
      isThere: () => Boolean(ask('cargo', ['--version'])) && rustIsNew(),
      make: () => give_up(`Rust ${RUST} or newer is needed. Install it from https://rustup.rs (or run: rustup update), open a new terminal, and run this again.`),
    },
    {
      title: `Installing system packages: ${missing().join(', ')}`,
      takes: 'up to a minute, 300 MB of disk',
      isThere: () => process.platform === 'linux' && Boolean(ask('dpkg', ['--version'])) && missing().length === 0,
      make: () => aptInstall(missing(), packages),
    },
    {
      title: 'Installing npm packages, with the pinned OpenCode engine',
      takes: 'about 10 seconds, 400 MB of disk',
      isThere: () => npmStamp() === lastNpmStamp() && Boolean(pinnedEngine()),
      make: () => {
        // Not `npm ci`: it refuses when a registry lacks the engine for some other system.
        run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']);
        if (!pinnedEngine()) give_up(`The package opencode-ai has no engine for ${process.platform} ${process.arch}.`);
        writeFileSync(path.join(root, 'node_modules', '.rekindle'), npmStamp());
      },
    },
    {
      title: `Adding the Rust library for ${WASM}`,
      takes: 'seconds, or a minute where it has to be built',
      isThere: () => hasWasm() || hasWasm(SYSTEM_TOOLCHAIN),
      make: wasmLibrary,
    },
  ];
}

function rustIsNew() {
  const [, major, minor] = ask('rustc', ['--version'])?.match(/rustc (\d+)\.(\d+)/) ?? [];
  const [wantedMajor, wantedMinor] = RUST.split('.').map(Number);
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
}

const npmStamp = () => hash(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
function lastNpmStamp() {
  const file = path.join(root, 'node_modules', '.rekindle');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

async function aptInstall(missing, all) {
  if (process.platform !== 'linux' || !ask('apt-get', ['--version'])) {
    // Not a Debian-like system: say what is needed; on other systems nothing can be checked.
    const seen = process.platform === 'linux' && ask('pkg-config', ['--modversion', 'webkit2gtk-4.1']);
    if (seen || process.platform !== 'linux') {
      say('  not a Debian-like system; going on with what is installed');
      return;
    }
    give_up(`This system has no apt. Install what these Debian packages hold, then run this again:\n  ${all.join(' ')}\nSee https://v2.tauri.app/start/prerequisites/ for their names elsewhere.`);
  }
  const apt = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing];
  if (!isRoot) await consent(`sudo ${apt.join(' ')}`);
  const prefix = isRoot ? [] : ['sudo'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['inherit', 'ignore', 'inherit'] };
  const [update, ...rest] = [...prefix, 'apt-get', 'update', '-qq'];
  if (ask(update, rest, { env, stdio: ['inherit', 'pipe', 'ignore'] }) === undefined) say('  apt-get update failed; going on with the lists that are here');
  run([...prefix, ...apt][0], [...prefix, ...apt].slice(1), quiet);
}

/** Asks before sudo is used; without a terminal it only says what to run. */
async function consent(command) {
  if (!process.stdin.isTTY) give_up(`System packages are missing. Run this, then start again:\n  ${command}`);
  const ui = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ui.question(`  This needs: ${command}\n  Run it now? [Y/n] `);
  ui.close();
  if (/^n/i.test(answer.trim())) give_up(`Nothing was installed. Run it yourself, then start again:\n  ${command}`);
}

async function wasmLibrary() {
  const rustup = ask('rustup', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const added = rustup && ask('rustup', ['target', 'add', WASM], { timeout: 180_000, stdio: ['ignore', 'pipe', 'ignore'] });
  if (added !== undefined && hasWasm()) return;
  if (!rustup || !ask('apt-cache', ['show', SYSTEM_RUST[0]], { stdio: ['ignore', 'pipe', 'ignore'] })) {
    give_up(`The Rust library for ${WASM} could not be had. With a network, run:\n  rustup target add ${WASM}`);
  }
  say('  rustup could not fetch it; building it from Debian\'s sources of Rust');
  const packages = SYSTEM_RUST.filter((name) => !installed(name));
  if (packages.length) await aptInstall(packages, packages);
  buildWasmLibrary();
}

/**
 * Compiles the standard library once for wasm and puts it into a toolchain of its own in the cache:
 * links to the system's compiler, and the library beside them.
 */
function buildWasmLibrary() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'rekindle-std-'));
  mkdirSync(path.join(work, 'src'));
  writeFileSync(path.join(work, 'src', 'lib.rs'), '');
  writeFileSync(path.join(work, 'Cargo.toml'), '[package]\nname = "onlystd"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n');
  const env = { ...process.env, RUSTC: '/usr/bin/rustc', RUSTC_BOOTSTRAP: '1', CARGO_TARGET_DIR: path.join(work, 'target') };
  // With bitcode, or the window's profile (lto) can't link it.
  Object.assign(env, { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: '-Cembed-bitcode=yes', CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '1' });
  delete env.RUSTUP_TOOLCHAIN;
  run('/usr/bin/cargo', ['build', '-q', '--release', '--target', WASM, '-Z', 'build-std=std,panic_abort,test'], { env, cwd: work });

  const system = ask('/usr/bin/rustc', ['--print', 'sysroot']);
  const host = ask('/usr/bin/rustc', ['-vV']).match(/^host: (.*)$/m)[1];
  const home = path.join(cache, 'toolchain', hash(ask('/usr/bin/rustc', ['-vV'])));
  rmSync(home, { recursive: true, force: true });
  const lib = path.join(home, 'lib', 'rustlib', WASM, 'lib');
  mkdirSync(lib, { recursive: true });
  const built = path.join(work, 'target', WASM, 'release', 'deps');
  for (const file of readdirSync(built)) {
    if (file.endsWith('.rlib') && !file.startsWith('libonlystd')) cpSync(path.join(built, file), path.join(lib, file));
  }
  rmSync(work, { recursive: true, force: true });
  symlinkSync(path.join(system, 'lib', 'rustlib', host), path.join(home, 'lib', 'rustlib', host));
  // rustc looks for libraries beside its own driver; a wrapper sends it here instead.
  mkdirSync(path.join(home, 'bin'));
  writeFileSync(path.join(home, 'bin', 'rustc'), `#!/bin/sh\nexec /usr/bin/rustc --sysroot '${home}' "$@"\n`, { mode: 0o755 });
  symlinkSync('/usr/bin/cargo', path.join(home, 'bin', 'cargo'));
  const linker = path.join(home, 'bin', 'wasm-ld');
  symlinkSync('/usr/bin/wasm-ld-19', linker);
  run('rustup', ['toolchain', 'link', SYSTEM_TOOLCHAIN, home]);
  if (!hasWasm(SYSTEM_TOOLCHAIN)) give_up('The wasm library was built, and rustc does not find it.');
}

/** Makes what is missing, and says so; silent when nothing is. */
export const setup = (options) => carryOut(setupSteps(options));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup({ tests: process.argv.includes('--tests') });
  say('Everything is there: npm start opens the window, npm test tests it.');
}
