// Commits numbered transactions to the state file given and prints each number once it is certain;
// the test kills it at any moment.
import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createState } from '#src/state/state';

const state = createState({
  file: process.argv[2],
  clock: systemClock,
  logger: createLogger('silent'),
});
await state.start(new AbortController().signal);
process.stdout.write('started\n');

function rejections(offset) {
  const source = { coop: 'c', site: null, device: 'd', kind: 'k' };
  return Array.from({ length: 40 }, (_, part) => ({
    ...{ source, offset, index: 0, part, metric: 'ph', code: 'X', reason: 'x', sequence: null },
    ...{ count: 1, receivedAt: offset, excerpt: '' },
  }));
}

try {
  for (let number = (await state.cursors.get('number')) + 1; ; number++) {
    await state.transaction(async (tx) => {
      await tx.ledger.count([
        {
          ...{ coop: 'c', device: 'd', day: '2026-01-01' },
          ...{ received: 1, rejected: 0, repeated: 0, clockFaults: 0 },
        },
      ]);
      await tx.ledger.saveRejections(rejections(number));
      // An answered statement in the middle, so that the file sees the transaction in two parts.
      await tx.cursors.get('number');
      await tx.cursors.set('number', number);
    });
    process.stdout.write(`${number}\n`);
  }
} catch (error) {
  process.stdout.write(`failed ${error.code} ${state.readiness().ok}\n`);
  process.exit(1);
}
