#!/usr/bin/env node
// The command line from a checkout: builds it if needed, then runs it where it was called.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { buildSteps } from './build.mjs';
import { binary, cargoEnv, carryOut } from './lib.mjs';
import { setupSteps } from './setup.mjs';

if (!existsSync(binary('rekindle'))) {
  await carryOut([...setupSteps({ tests: false }), ...buildSteps()]);
}
const { status } = spawnSync(binary('rekindle'), process.argv.slice(2), {
  env: cargoEnv(),
  stdio: 'inherit',
});
process.exit(status ?? 2);
