import { createRegistry } from '#src/state/registry';
import type { Alert } from '../../src/contracts/alert.ts';
import type { Repositories, RuleState } from '../../src/contracts/state.ts';
import { logger, type TestState } from './harness.ts';

/**
 * The state's alerts, rule states and cursors in maps: thousands of random traces in seconds. A
 * smaller number runs on the real state, so the two cannot drift apart unseen. Bodies are kept as
 * text, as the real one does, so that nothing is shared by reference.
 */
export function memoryState(): TestState {
  const alerts = new Map<string, string>();
  const states = new Map<string, RuleState>();
  const cursors = new Map<string, number>();
  const registry = createRegistry(logger);
  const parsed = (): Alert[] => [...alerts.values()].map((body) => JSON.parse(body) as Alert);
  const repositories: Pick<TestState, 'alerts' | 'rules' | 'cursors'> = {
    alerts: {
      async list({ device, rule, from }) {
        const items = parsed()
          .filter((alert) => device === undefined || alert.device === device)
          .filter((alert) => rule === undefined || alert.rule === rule)
          .filter(({ end }) => from === undefined || end === null || end >= from)
          .sort((left, right) => right.onset - left.onset);
        return { items, next: null };
      },
      get: async (id) => {
        const body = alerts.get(id);
        return body === undefined ? undefined : (JSON.parse(body) as Alert);
      },
      save: async (saved) => {
        for (const alert of saved) alerts.set(alert.id, JSON.stringify(alert));
      },
      expire: async () => 0,
    },
    rules: {
      list: async () => [],
      get: async () => undefined,
      save: async () => undefined,
      remove: async () => false,
      versions: async () => [],
      states: async () => [...states.values()],
      saveStates: async (saved) => {
        for (const row of saved) states.set(`${row.rule} ${row.device}`, row);
      },
      removeStates: async () => states.clear(),
    },
    cursors: {
      get: async (name) => cursors.get(name) ?? 0,
      set: async (name, offset) => {
        cursors.set(name, offset);
      },
    },
  };
  return {
    ...repositories,
    registry,
    async transaction(work) {
      const before = [new Map(alerts), new Map(states), new Map(cursors)];
      try {
        return await work(repositories as Repositories);
      } catch (error) {
        for (const [index, map] of [alerts, states, cursors].entries()) {
          map.clear();
          for (const [key, value] of before[index] ?? [])
            (map as Map<string, unknown>).set(key, value);
        }
        throw error;
      }
    },
    devices: {
      create: async (device) => registry.put(device),
      remove: async (id) => {
        alerts.clear();
        registry.delete(id);
        return true;
      },
    },
  };
}
