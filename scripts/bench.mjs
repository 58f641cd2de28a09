// npm run bench: sets up and builds what is missing, then measures; the table is standard output.
//   npm run bench                    everything but the long comparison with the engine
//   npm run bench -- scan status     only these: scan, check, lint, publish, status, reload, restart, install, idle
//   npm run bench -- --all           also 5000 random layouts against the engine (about 12 minutes)
import { cargoEnv, run, say } from './lib.mjs';
import { setup } from './setup.mjs';

const LAYOUTS = '5000';
/** Both packages in every call, or cargo would build what they share once for each. */
const PACKAGES = ['--locked', '--release', '-p', 'rekindle-cli', '-p', 'rekindle-tests'];

const all = process.argv.includes('--all');
const subjects = process.argv.slice(2).filter((argument) => argument !== '--all');
await setup({ tests: false });
const env = cargoEnv();

say('Building for release (about 4 minutes the first time)');
run('cargo', ['build', '--quiet', ...PACKAGES, '--bin', 'rekindle', '--bench', 'bench'], { env });

say('Measuring (about 3 minutes)');
run('cargo', ['bench', '--quiet', ...PACKAGES.filter((argument) => argument !== '--release'), '--bench', 'bench', '--', ...subjects], {
  env,
  stdio: 'inherit',
});

if (all) {
  const layouts = process.env.REKINDLE_LAYOUTS ?? LAYOUTS;
  const seed = process.env.REKINDLE_SEED ?? String(Date.now() % 1_000_000);
  say(`Comparing ${layouts} random layouts with the engine, seed ${seed} (about 12 minutes)`);
  run('cargo', ['test', '--quiet', ...PACKAGES, '--test', 'end_to_end', 'random_layouts_are_read_as_the_engine_reads_them'], {
    env: { ...env, REKINDLE_LAYOUTS: layouts, REKINDLE_SEED: seed },
  });
  process.stdout.write(`\n${layouts} random layouts, seed ${seed}: read as the engine reads them\n`);
}
