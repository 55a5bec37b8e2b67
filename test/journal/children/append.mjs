// Appends `count` messages and writes the number of each acknowledged or refused one to stdout.
// After a refusal it waits a little, as a device would. Arguments: folder, first number, how many at
// once, count.
import { writeSync } from 'node:fs';
import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { createJournal } from '#src/journal/journal';

const [dir, first, atOnce, count] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const journal = createJournal({
  dir,
  bytesMax: 1e9,
  clock: systemClock,
  logger: createLogger('silent'),
  metrics: createMetrics(),
});
await journal.start(new AbortController().signal);

let next = first;
const last = first + count;
let waiting = 0;

/** Tokens stand twice in a payload, apart, so that a page boundary cannot hide both. */
function send() {
  const index = next++;
  const token = `record-${index};`;
  const payload = Buffer.from(`${token}${'.'.repeat((index * 37) % 600)}${'-'.repeat(40)}${token}`);
  const source = { coop: 'c', site: null, device: `ao-${index % 7}`, kind: 'pond-sensor' };
  waiting++;
  journal.append({ source, topic: 'report', payload, receivedAt: index }, (error) => {
    waiting--;
    writeSync(1, error === null ? `acknowledged-${index};\n` : `refused-${index} ${error.code};\n`);
    if (error === null) goOn();
    else setTimeout(goOn, 250);
  });
}

function goOn() {
  if (next < last) send();
  else if (waiting === 0) void journal.stop();
}

for (let started = 0; started < atOnce && next < last; started++) send();
