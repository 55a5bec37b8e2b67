/** Which methods the server's paths take: to tell a wrong method from an unknown path. */
export interface KnownRoutes {
  add(method: string | readonly string[], url: string): void;
  /** The methods of a path, in order; none when there is no such path. */
  methodsOf(path: string): string[];
}

export function createKnownRoutes(): KnownRoutes {
  const routes = new Map<string, { parts: string[]; methods: Set<string> }>();
  return {
    add(method, url) {
      if (url.includes('*')) return;
      const route = routes.get(url) ?? { parts: url.split('/'), methods: new Set<string>() };
      for (const name of [method].flat()) route.methods.add(name);
      routes.set(url, route);
    },
    methodsOf(path) {
      const parts = path.split('/');
      const methods = new Set<string>();
      for (const route of routes.values()) {
        const same =
          route.parts.length === parts.length &&
          route.parts.every((part, index) =>
            part.startsWith(':') ? parts[index] !== '' : part === parts[index],
          );
        if (same) for (const name of route.methods) methods.add(name);
      }
      return [...methods].sort();
    },
  };
}
