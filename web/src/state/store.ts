import { signal } from '@preact/signals';
import type { Store } from '../domain/store.ts';

/** How the history store does; null while nobody knows. */
export const store = signal<Store | null>(null);

let asking = false;

interface WireReadiness {
  checks?: Array<{ name: string; store?: Store }>;
}

/** Asks the server again; it answers 503 with the same body when a part has failed. */
export async function lookAtStore(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const response = await fetch('/health/ready', { headers: { accept: 'application/json' } });
    const { checks } = (await response.json()) as WireReadiness;
    store.value = checks?.find((check) => check.name === 'series')?.store ?? null;
  } catch {
    // Whether the server is there at all is said elsewhere.
    store.value = null;
  } finally {
    asking = false;
  }
}
