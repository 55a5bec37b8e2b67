import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Access, createAccess } from '#src/access/access';
import type { Clock } from '#src/base/clock';
import { ACTIONS, type Principal } from '#src/contracts/access';
import type { Role } from '#src/contracts/state';
import { createState, type StateService } from '#src/state/state';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 10, 22);

/** A clock that stands until it is moved. */
class StillClock implements Clock {
  #time = 0;
  now(): number {
    return START + this.#time;
  }
  monotonic(): number {
    return this.#time;
  }
  pass(ms: number): void {
    this.#time += ms;
  }
}

let clock: StillClock;
let file: string;
let state: StateService;
let access: Access;

beforeEach(async () => {
  clock = new StillClock();
  file = path.join(temporaryFolder(), 'state.db');
  await open();
  await state.coops.create({ id: 'an-binh', name: 'An Bình' });
});

async function open(): Promise<void> {
  await state?.stop();
  const opened = createState({ file, clock, logger: quietLogger });
  onTestFinished(() => opened.stop());
  await opened.start(new AbortController().signal);
  state = opened;
  access = createAccess({ state, clock, logger: quietLogger });
}

const farmer = { name: 'Chị Lan', role: 'farmer', coops: ['an-binh'], expiresAt: null } as const;

/** Whether the text stands anywhere in the state file or its WAL. */
function stored(text: string): boolean {
  return [file, `${file}-wal`].some((name) => readFileSync(name).includes(text));
}

describe('tokens', () => {
  test('are shown once, known afterwards, and kept as a hash', async () => {
    const { token, text } = await access.createToken(farmer);
    expect(text).toMatch(/^sluice_[A-Za-z0-9_-]{43}$/);
    expect(token).toMatchObject({ ...farmer, createdAt: START, lastUsedAt: null });
    const principal = { name: 'Chị Lan', role: 'farmer', coops: ['an-binh'], token: token.id };
    expect(await access.listTokens()).toEqual([token]);
    expect(await access.verifyToken(text)).toEqual(principal);
    expect(stored(token.id)).toBe(true);
    expect(stored(text.slice(7))).toBe(false);
    await open();
    expect(await access.verifyToken(text)).toEqual(principal);
  });

  test('that nobody made are nobody', async () => {
    const { text } = await access.createToken(farmer);
    for (const other of ['', 'sluice_', `${text}x`, text.slice(0, -1), 'x'.repeat(5_000)]) {
      expect(await access.verifyToken(other)).toBeUndefined();
    }
  });

  test('end when they are removed, at once, also in the memory of a request under way', async () => {
    const { token, text } = await access.createToken(farmer);
    expect(await access.verifyToken(text)).toBeDefined();
    const [, removed] = await Promise.all([access.verifyToken(text), access.removeToken(token.id)]);
    expect(removed).toBe(true);
    expect(await access.verifyToken(text)).toBeUndefined();
    expect(await access.removeToken(token.id)).toBe(false);
    const other = await access.createToken(farmer);
    const looking = access.verifyToken(other.text);
    await access.removeToken(other.token.id);
    await looking;
    expect(await access.verifyToken(other.text)).toBeUndefined();
  });

  test('removed by another program are noticed soon', async () => {
    const { token, text } = await access.createToken(farmer);
    expect(await access.verifyToken(text)).toBeDefined();
    await state.tokens.remove(token.id);
    clock.pass(10_000);
    expect(await access.verifyToken(text)).toBeUndefined();
  });

  test('end when they expire', async () => {
    const { text } = await access.createToken({ ...farmer, expiresAt: START + MINUTE });
    expect(await access.verifyToken(text)).toBeDefined();
    clock.pass(MINUTE - 1);
    expect(await access.verifyToken(text)).toBeDefined();
    clock.pass(1);
    expect(await access.verifyToken(text)).toBeUndefined();
    const past = { ...farmer, expiresAt: START };
    await expect(access.createToken(past)).rejects.toMatchObject({ code: 'EXPIRY_PAST' });
  });

  test('are for cooperatives that exist', async () => {
    const nowhere = { ...farmer, coops: ['an-binh', 'nowhere'] };
    await expect(access.createToken(nowhere)).rejects.toMatchObject({
      code: 'COOP_NOT_FOUND',
      field: 'coops',
    });
  });

  test('say when they were last used, written down at most once a minute', async () => {
    const { token, text } = await access.createToken(farmer);
    const lastUsed = async () => (await access.listTokens())[0]?.lastUsedAt;
    await access.verifyToken(text);
    await expect.poll(lastUsed).toBe(START);
    clock.pass(MINUTE - 1);
    await access.verifyToken(text);
    await state.settings.set('barrier', token.id);
    expect(await lastUsed()).toBe(START);
    clock.pass(1);
    await access.verifyToken(text);
    await expect.poll(lastUsed).toBe(START + MINUTE);
  });
});

describe('sessions', () => {
  const person: Principal = { name: 'Anh Ba', role: 'operator', coops: ['an-binh'] };

  test('outlive a restart, and are kept as a hash', async () => {
    const { cookie, expiresAt } = await access.openSession(person);
    expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(expiresAt).toBe(START + 30 * DAY);
    expect(stored('Anh Ba')).toBe(true);
    expect(stored(cookie)).toBe(false);
    await open();
    expect(await access.verifySession(cookie)).toEqual(person);
    expect(await access.verifySession(`${cookie}x`)).toBeUndefined();
  });

  test('end after 30 days without use, and not before while they are used', async () => {
    const { cookie } = await access.openSession(person);
    for (let days = 0; days < 100; days += 20) {
      clock.pass(20 * DAY);
      expect(await access.verifySession(cookie)).toEqual(person);
      // The use is written down beside the answer.
      await expect
        .poll(async () => (await access.listSessions())[0]?.expiresAt)
        .toBe(clock.now() + 30 * DAY);
    }
    clock.pass(30 * DAY);
    expect(await access.verifySession(cookie)).toBeUndefined();
    await access.ensureAdministrator(undefined);
    expect(await access.listSessions()).toEqual([]);
  });

  test('end by hand: by their cookie, or by their id for a lost phone', async () => {
    const first = await access.openSession(person);
    const second = await access.openSession(person);
    expect(await access.verifySession(first.cookie)).toBeDefined();
    await access.closeSession(first.cookie);
    await access.closeSession(first.cookie);
    expect(await access.verifySession(first.cookie)).toBeUndefined();
    expect(await access.verifySession(second.cookie)).toBeDefined();
    const [session] = await access.listSessions();
    expect(await access.removeSession(session?.id ?? '')).toBe(true);
    expect(await access.verifySession(second.cookie)).toBeUndefined();
    expect(await access.removeSession('unknown')).toBe(false);
  });

  test('end with the token that opened them', async () => {
    const { token, text } = await access.createToken({ ...farmer, expiresAt: START + 40 * DAY });
    const principal = await access.verifyToken(text);
    if (principal === undefined) throw new Error('the token is not known');
    const { cookie } = await access.openSession(principal);
    clock.pass(29 * DAY);
    expect(await access.verifySession(cookie)).toEqual(principal);
    await expect
      .poll(async () => (await access.listSessions())[0]?.expiresAt)
      .toBe(START + 40 * DAY);
    const other = await access.openSession(principal);
    expect(other.expiresAt).toBe(START + 40 * DAY);
    await access.removeToken(token.id);
    expect(await access.verifySession(cookie)).toBeUndefined();
    expect(await access.verifySession(other.cookie)).toBeUndefined();
    expect(await access.listSessions()).toEqual([]);
    await expect(access.openSession(principal)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
  });
});

describe('the first administrator', () => {
  const first = 'first-administrator-token-of-32-letters';
  const second = 'second-administrator-token-of-32-letters';

  test('is the setting while it stands, and nobody when it is unset', async () => {
    expect(await access.ensureAdministrator(first)).toBe(true);
    const principal = await access.verifyToken(first);
    expect(principal).toMatchObject({ role: 'administrator', coops: null });
    await open();
    expect(await access.ensureAdministrator(first)).toBe(true);
    expect(await access.verifyToken(first)).toEqual(principal);
    expect(await access.listTokens()).toHaveLength(1);
    expect(await access.ensureAdministrator(second)).toBe(true);
    expect(await access.verifyToken(first)).toBeUndefined();
    expect(await access.verifyToken(second)).toBeDefined();
    expect(await access.ensureAdministrator(undefined)).toBe(false);
    expect(await access.verifyToken(second)).toBeUndefined();
    expect(await access.listTokens()).toEqual([]);
  });

  test('keeps its sessions while the setting stays, and loses them when it changes', async () => {
    await access.ensureAdministrator(first);
    const principal = await access.verifyToken(first);
    if (principal === undefined) throw new Error('the token is not known');
    const { cookie } = await access.openSession(principal);
    await access.ensureAdministrator(first);
    expect(await access.verifySession(cookie)).toEqual(principal);
    await access.ensureAdministrator(second);
    expect(await access.verifySession(cookie)).toBeUndefined();
  });

  test('cannot be removed but where it comes from, nor be easy to guess', async () => {
    await access.ensureAdministrator(first);
    await expect(access.removeToken('environment')).rejects.toMatchObject({
      code: 'TOKEN_FROM_SETTING',
    });
    await expect(access.ensureAdministrator('x'.repeat(31))).rejects.toMatchObject({
      code: 'ADMIN_TOKEN_TOO_SHORT',
    });
    expect(await access.verifyToken(first)).toBeDefined();
  });

  test('exists as long as some administrator of everything can still sign in', async () => {
    const expiresAt = START + DAY;
    const some = { ...farmer, role: 'administrator', expiresAt } as const;
    await access.createToken({ ...some, coops: ['an-binh'] });
    expect(await access.ensureAdministrator(undefined)).toBe(false);
    await access.createToken({ ...some, coops: null });
    expect(await access.ensureAdministrator(undefined)).toBe(true);
    clock.pass(DAY);
    expect(await access.ensureAdministrator(undefined)).toBe(false);
  });

  test('may come by a link: once, within 30 minutes, into a session', async () => {
    const { code, expiresAt } = await access.createSignInLink();
    expect(expiresAt).toBe(START + 30 * MINUTE);
    expect(await access.exchangeSignInCode(`${code}x`)).toBeUndefined();
    await open();
    const both = await Promise.all([
      access.exchangeSignInCode(code),
      access.exchangeSignInCode(code),
    ]);
    const [principal] = both.filter((one) => one !== undefined);
    expect(both.filter((one) => one !== undefined)).toHaveLength(1);
    if (principal === undefined) throw new Error('nobody signed in');
    expect(principal).toMatchObject({ role: 'administrator', coops: null });
    const { cookie } = await access.openSession(principal);
    expect(await access.verifySession(cookie)).toEqual(principal);
    expect(await access.ensureAdministrator(undefined)).toBe(true);
    const late = await access.createSignInLink();
    clock.pass(30 * MINUTE);
    expect(await access.exchangeSignInCode(late.code)).toBeUndefined();
  });
});

describe('rights', () => {
  test('grow with the role, and each action has a role that may', () => {
    const roles: Role[] = ['viewer', 'farmer', 'agronomist', 'operator', 'administrator'];
    const rights = roles.map((role) =>
      ACTIONS.filter((action) => access.allows({ name: '', role, coops: null }, action)),
    );
    expect(rights[0]).toEqual(['read']);
    expect(rights[1]).toEqual(['read', 'answer-alerts', 'record-field-work', 'stop-devices']);
    for (const [step, allowed] of rights.entries()) {
      expect(allowed).toEqual(expect.arrayContaining(rights[step - 1] ?? []));
      expect(allowed.length).toBeGreaterThan(rights[step - 1]?.length ?? 0);
    }
    expect(rights.at(-1)).toEqual([...ACTIONS]);
    const stranger = { name: '', role: 'toString' as Role, coops: null };
    expect(access.allows(stranger, 'read')).toBe(false);
  });
});

describe('device secrets', () => {
  test('are 32 random bytes, and their hash is what the registry compares', async () => {
    const secret = access.newDeviceSecret();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(access.newDeviceSecret()).not.toBe(secret);
    await state.devices.create(
      {
        ...{ id: 'd-1', coop: 'an-binh', site: null, kind: 'pond-sensor', name: null },
        ...{ intervalSeconds: null, tags: [], gateway: null, createdAt: START },
      },
      access.hashSecret(secret),
    );
    const { registry } = state;
    expect(registry.authenticate('d-1', Buffer.from(secret))?.device).toBe('d-1');
    expect(registry.authenticate('d-1', Buffer.from(`${secret}x`))).toBeUndefined();
  });

  test('brought along must be as long as ours could be', () => {
    const hash = (length: number) => () => access.hashSecret('x'.repeat(length));
    expect(hash(31)).toThrow(expect.objectContaining({ code: 'SECRET_TOO_SHORT' }));
    expect(hash(1_025)).toThrow(expect.objectContaining({ code: 'SECRET_TOO_LONG' }));
    expect(hash(32)()).toHaveLength(32);
  });
});
