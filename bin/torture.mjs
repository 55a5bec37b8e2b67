// `npm run torture [-- rounds]`: the kill test, 3,000 rounds unless told otherwise. SEED repeats a run.
import { runSuite } from './long-run.mjs';

const [rounds = '3000'] = process.argv.slice(2);
// With no failure in n rounds the chance of one is below 3/n, with 95 % confidence.
process.stdout.write(
  `${rounds} kills: if none fails, fewer than 1 in ${Math.floor(rounds / 3)} does\n`,
);
runSuite(['test/faults/kill-server.test.ts'], { ROUNDS: rounds });
