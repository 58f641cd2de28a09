// npm run test:network: installs what people publish today, over the network, as npm on this machine is set up.
import { buildSteps } from './build.mjs';
import { CARGO_FLAGS, cargoEnv, carryOut, run, say } from './lib.mjs';
import { setup } from './setup.mjs';

await setup({ tests: true });
await carryOut(buildSteps({ tests: true }));
say('Installing packages that exist today (about a minute)');
run('cargo', ['test', '--quiet', '--locked', '--workspace', ...CARGO_FLAGS, '--test', 'network'], { env: cargoEnv(), stdio: 'inherit' });
