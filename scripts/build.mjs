// Builds the window and all programs; a build in which nothing changed takes seconds.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { CARGO_FLAGS, cargoEnv, root, run } from './lib.mjs';
import { buildWindow } from './ui.mjs';

/** What the built window depends on. */
const WINDOW_INPUTS = ['.cargo/config.toml', 'ui', 'crates/domain', 'crates/words', 'scripts/ui.mjs', 'Cargo.toml', 'Cargo.lock', 'package-lock.json'];
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

/**
 * Building the window, if anything that it is made of changed, and the programs. Those of the whole workspace for tests:
 * with fewer packages the libraries would have fewer features, and be built twice.
 */
export function buildSteps({ tests = false } = {}) {
  const stamp = windowStamp();
  return [
    {
      title: 'Building the window',
      takes: 'about 3 minutes the first time',
      isThere: () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp,
      make: async () => {
        await buildWindow();
        writeFileSync(stampFile, stamp);
      },
    },
    {
      title: 'Building the programs',
      takes: 'about 5 minutes the first time',
      isThere: () => false,
      make: () => run('cargo', ['build', '--quiet', '--locked', ...(tests ? ['--workspace', '--bins'] : []), ...CARGO_FLAGS], { env: cargoEnv() }),
    },
  ];
}
