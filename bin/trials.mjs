// `npm run trials [-- runs]`: commands through simulated outages, 10,000 runs unless told otherwise.
// Each world of 200 runs has a seed of its own, which a failure names: SEED with 200 runs
// repeats it.
import { runSuite } from './long-run.mjs';

const [runs = '10000'] = process.argv.slice(2);
runSuite(['test/commands/trials.test.ts'], { RUNS: runs });
