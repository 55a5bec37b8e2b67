import { signal } from '@preact/signals';
import { ApiProblem, createApiClient } from '../api/client.ts';
import type { WirePrincipal } from '../api/types.ts';
import { hearServerTime } from './clock.ts';
import { language } from './language.ts';

export type Session =
  | { state: 'unknown' }
  | { state: 'unreachable' }
  | { state: 'out' }
  | { state: 'in'; name: string | null; role: string | null };

export const session = signal<Session>({ state: 'unknown' });

export const api = createApiClient({
  language: () => language.value,
  onSignedOut: () => {
    session.value = { state: 'out' };
  },
  onServerTime: hearServerTime,
});

function enter(principal: WirePrincipal | undefined): void {
  const { name = null, role = null } = principal ?? {};
  const known = session.value;
  if (known.state === 'in' && known.name === name && known.role === role) return;
  session.value = { state: 'in', name, role };
}

/** Asks the server whether the cookie still stands. False when it does not answer. */
export async function checkSession(): Promise<boolean> {
  try {
    enter(await api.get<WirePrincipal>('/session'));
    return true;
  } catch (error) {
    return error instanceof ApiProblem && error.status !== 0;
  }
}

/** Finds out who is reading, when the page opens. */
export async function resumeSession(): Promise<void> {
  await checkSession();
  if (session.value.state === 'unknown') session.value = { state: 'unreachable' };
}

/** Throws the ApiProblem of a refused token. */
export async function signIn(token: string): Promise<void> {
  enter(await api.send<WirePrincipal>('POST', '/session', { token }));
}

export async function signOut(): Promise<void> {
  try {
    await api.send('DELETE', '/session');
  } finally {
    session.value = { state: 'out' };
  }
}
