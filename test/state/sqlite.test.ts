import path from 'node:path';
import { systemClock } from '#src/base/clock';
import { createState } from '#src/state/state';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import { stateSuite } from './suite.ts';

stateSuite('SQLite', () => {
  const file = path.join(temporaryFolder(), 'data', 'state.db');
  return { open: () => createState({ file, clock: systemClock, logger: quietLogger }) };
});
