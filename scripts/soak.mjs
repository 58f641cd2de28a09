// npm run soak: sets up and builds what is missing, then reloads again and again under random faults.
//   npm run soak                    500 reloads (about 15 minutes)
//   npm run soak -- 50 7            50 reloads, seed 7
import { cargoEnv, run, say } from './lib.mjs';
import { setup } from './setup.mjs';

const PACKAGES = ['--locked', '-p', 'rekindle-cli', '-p', 'rekindle-tests'];

await setup({ tests: false });
const env = cargoEnv();
say('Building for release (about 4 minutes the first time)');
run('cargo', ['build', '--quiet', '--release', ...PACKAGES, '--bins', '--bench', 'soak'], { env });
say('Reloading');
run('cargo', ['bench', '--quiet', ...PACKAGES, '--bench', 'soak', '--', ...process.argv.slice(2)], { env, stdio: 'inherit' });
