// Builds the window into ui/dist: compiles it for wasm, makes a browser's module of it, bundles it.
//   node scripts/ui.mjs
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { SYSTEM_TOOLCHAIN, WASM, ask, cargoEnv, give_up, hasWasm, root, run, say, targetDir } from './lib.mjs';

const PACKAGE = 'rekindle-ui';
const source = (...parts) => path.join(root, 'ui', ...parts);

/** The environment of a Rust toolchain that has the wasm library. */
function wasmEnv() {
  const toolchain = [undefined, SYSTEM_TOOLCHAIN].find(hasWasm);
  if (!hasWasm(toolchain)) give_up(`No Rust toolchain here can build for ${WASM}: run npm run setup.`);
  const env = { ...process.env, ...(toolchain && { RUSTUP_TOOLCHAIN: toolchain }) };
  if (toolchain === SYSTEM_TOOLCHAIN) {
    // Debian's Rust has no linker of its own for wasm; setup put one beside the compiler.
    const sysroot = ask('rustc', ['--print', 'sysroot'], { env });
    env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = path.join(sysroot, 'bin', 'wasm-ld');
  }
  // A target folder of its own: two compilers must not mix, nor wait for each other's lock.
  env.CARGO_TARGET_DIR = targetDir('window', env);
  return env;
}

export async function buildWindow() {
  const env = wasmEnv();
  run('cargo', ['build', '--quiet', '--locked', '-p', PACKAGE, '--target', WASM, '--profile', 'window'], { env });
  const compiled = path.join(env.CARGO_TARGET_DIR, WASM, 'window', `${PACKAGE}.wasm`);

  const folder = path.join(env.CARGO_TARGET_DIR, 'browser');
  rmSync(folder, { recursive: true, force: true });
  run('cargo', ['run', '--quiet', '--locked', '-p', `${PACKAGE}-bindgen`, '--', compiled, folder], { env: cargoEnv() });

  const { build } = await import('esbuild');
  const dist = source('dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  cpSync(source('index.html'), path.join(dist, 'index.html'));
  await build({
    entryPoints: [source('window.js'), source('window.css')],
    alias: { compiled: folder },
    outdir: dist,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'safari16',
    loader: { '.wasm': 'file', '.woff2': 'file' },
    assetNames: '[name]',
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWindow();
  const size = readdirSync(source('dist')).reduce((all, name) => all + statSync(source('dist', name)).size, 0);
  say(`The window is in ui/dist: ${(size / 1e6).toFixed(1)} MB`);
}
