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
  session.value = {
    state: 'in',
    name: principal?.name ?? null,
    role: principal?.role ?? null,
  };
}

/** Asks the server whether the cookie still stands. */
export async function resumeSession(): Promise<void> {
  try {
    enter(await api.get<WirePrincipal>('/session'));
  } catch (error) {
    const status = error instanceof ApiProblem ? error.status : 0;
    session.value = status === 401 ? { state: 'out' } : { state: 'unreachable' };
  }
}

/** Throws the ApiProblem of a refused token. */
export async function signIn(token: string): Promise<void> {
  await api.send('POST', '/session', { token });
  await resumeSession();
}

export async function signOut(): Promise<void> {
  try {
    await api.send('DELETE', '/session');
  } finally {
    session.value = { state: 'out' };
  }
}
