import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** `lost`: the request never arrives. `unheard`: it arrives, and the answer never does. */
export type Cut = 'lost' | 'unheard';

/** Stands before a server and cuts connections when told. */
export interface FaultyProxy {
  url: string;
  /** Cuts the write after this many more. */
  cutWrite(after: number, how: Cut): void;
  stop(): Promise<void>;
}

export async function createFaultyProxy(target: string): Promise<FaultyProxy> {
  let left = Number.POSITIVE_INFINITY;
  let how: Cut = 'lost';
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer(async (request, response) => {
    const isWrite = (request.url ?? '').includes('write');
    const isCut = isWrite && left-- === 0;
    if (isCut && how === 'lost') return void request.socket.destroy();
    const { method, headers } = request;
    const onward = http.request(new URL(request.url ?? '', target), { method, headers, agent });
    request.pipe(onward);
    try {
      const [answer] = (await once(onward, 'response')) as [http.IncomingMessage];
      if (isCut) {
        answer.resume();
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    } catch {
      request.socket.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cutWrite(after, cut) {
      left = after;
      how = cut;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await once(server, 'close');
    },
  };
}
