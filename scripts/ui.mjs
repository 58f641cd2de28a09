// Builds the window with trunk, by a Rust toolchain that has the wasm standard library.
//   node scripts/ui.mjs build|serve [trunk options]
import path from 'node:path';

import { SYSTEM_TOOLCHAIN, WASM, ask, give_up, hasWasm, root, run, targetDir, toolDir, tools } from './lib.mjs';

const toolchain = [undefined, SYSTEM_TOOLCHAIN].find(hasWasm);
if (!hasWasm(toolchain)) give_up(`No Rust toolchain here can build for ${WASM}: run npm run setup.`);

const env = { ...process.env, ...(toolchain && { RUSTUP_TOOLCHAIN: toolchain }) };
if (toolchain === SYSTEM_TOOLCHAIN) {
  // Debian's Rust has no linker of its own for wasm; setup put one beside the compiler.
  const sysroot = ask('rustc', ['--print', 'sysroot'], { env });
  env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = path.join(sysroot, 'bin', 'wasm-ld');
}
env.PATH = [...Object.values(tools).map((tool) => path.join(toolDir(tool), 'bin')), env.PATH].join(path.delimiter);
// A target folder of its own: two compilers must not mix, nor wait for each other's lock.
env.CARGO_TARGET_DIR = targetDir('window', env);
delete env.NO_COLOR; // trunk 0.21 takes no value but true and false

const [command = 'build', ...options] = process.argv.slice(2);
run('trunk', [command, '--config', path.join(root, 'ui', 'Trunk.toml'), '--skip-version-check', '--offline', ...options], { env });
