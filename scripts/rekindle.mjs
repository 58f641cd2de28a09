#!/usr/bin/env node
// The command line from a checkout: builds it if needed, then runs it where it was called.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { build } from './build.mjs';
import { binary, cargoEnv } from './lib.mjs';
import { setup } from './setup.mjs';

if (!existsSync(binary('rekindle'))) {
  await setup({ tests: false });
  build();
}
const { status } = spawnSync(binary('rekindle'), process.argv.slice(2), {
  env: cargoEnv(),
  stdio: 'inherit',
});
process.exit(status ?? 2);
