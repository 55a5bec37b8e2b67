// The load has a process of its own: one job in by message, its result out, then it ends.
import { type LoadOptions, runLoad } from './mqtt-load.ts';

process.once('message', (options: LoadOptions) => {
  runLoad(options).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
