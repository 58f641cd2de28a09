// npm start: sets up what is missing, builds what changed, opens the window.
//   npm start                        on the folder from which it was called
//   npm start -- --directory DIR     on another
//   npm start -- --engine URL        on someone else's engine
import { spawn } from 'node:child_process';

import { buildSteps } from './build.mjs';
import { binary, cargoEnv, carryOut, duration, root, say } from './lib.mjs';
import { setupSteps } from './setup.mjs';

const began = Date.now();
await carryOut([...setupSteps({ tests: false }), ...buildSteps()]);
say(`Ready after ${duration(Math.round((Date.now() - began) / 1000))}; opening the window`);

const child = spawn(binary('rekindle-desktop'), process.argv.slice(2), {
  cwd: process.env.INIT_CWD ?? root,
  env: cargoEnv(),
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1)));
