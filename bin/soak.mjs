// `npm run soak [-- minutes]`: an hour of load with the store killed now and then. SEED repeats a run.
import { runSuite } from './long-run.mjs';

const [minutes = '60'] = process.argv.slice(2);
runSuite(['test/faults/soak.test.ts'], { SOAK_MINUTES: minutes });
