// Builds the window and all programs; a build in which nothing changed takes seconds.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { CARGO_FLAGS, cargoEnv, root, run, say } from './lib.mjs';

/** What the built window depends on. */
const WINDOW_INPUTS = ['ui', 'crates/domain', 'crates/words', 'Cargo.toml', 'Cargo.lock', 'package-lock.json'];
const stampFile = path.join(root, 'ui', 'dist', '.inputs');

function* files(entry) {
  const full = path.join(root, entry);
  if (!statSync(full).isDirectory()) yield entry;
  else for (const name of readdirSync(full).sort()) if (name !== 'dist' && name !== 'target') yield* files(path.join(entry, name));
}

function windowStamp() {
  const hash = createHash('sha256');
  for (const entry of WINDOW_INPUTS.flatMap((input) => [...files(input)])) hash.update(`${entry}\0`).update(readFileSync(path.join(root, entry)));
  return hash.digest('hex');
}

export function build() {
  const stamp = windowStamp();
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    say('Building the window (about a minute the first time)');
    run(process.execPath, [path.join(root, 'scripts', 'ui.mjs'), 'build', '--release']);
    writeFileSync(stampFile, stamp);
  }
  say('Building the programs (about 3 minutes the first time)');
  run('cargo', ['build', '--quiet', '--locked', ...CARGO_FLAGS], { env: cargoEnv() });
}
