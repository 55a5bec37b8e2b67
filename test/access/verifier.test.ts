import { expect, test } from 'vitest';
import { type Credential, Verifier } from '#src/access/verifier';
import { systemClock } from '#src/base/clock';
import { quietLogger } from '../support/quiet.ts';

test('a credential removed while it is looked up is not remembered', async () => {
  const credential: Credential = {
    id: 'one',
    principal: { name: 'one', role: 'viewer', coops: null },
    expiresAt: null,
    lastUsedAt: null,
  };
  const answers: Array<Credential | undefined> = [credential, undefined];
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const verifier = new Verifier({
    clock: systemClock,
    logger: quietLogger,
    async find() {
      const found = answers.shift();
      // The first look-up has read its row, and is on its way back when the removal comes.
      await answered;
      return found;
    },
    touch: async () => null,
  });
  const first = verifier.verify('text');
  verifier.forget(({ id }) => id === 'one');
  answer();
  expect(await first).toEqual(credential.principal);
  expect(await verifier.verify('text')).toBeUndefined();
});
