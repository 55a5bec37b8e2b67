import net from 'node:net';
import { connectPacket, type LoadDevice, wait } from './mqtt-load.ts';
import {
  load,
  proportionalBytes,
  residentBytes,
  type SluiceTarget,
  startSluice,
} from './server.ts';
import type { Figure } from './suites.ts';

const MANY = 10_000;

/** Memory with a thousand reporting devices, and whether ten thousand can be connected. */
export async function measureConnections(
  provision: (server: SluiceTarget, count: number) => Promise<LoadDevice[]>,
): Promise<Figure[]> {
  return [await thousandDevices(provision), await manyConnections(provision)];
}

async function thousandDevices(
  provision: (server: SluiceTarget, count: number) => Promise<LoadDevice[]>,
): Promise<Figure> {
  const server = await startSluice();
  const devices = await provision(server, 1_000);
  const shape = { inFlight: 1, seconds: 60, warmUpSeconds: 20, ratePerSecond: 100 };
  const running = load({ port: server.port, devices, ...shape });
  let most = 0;
  let mostShared = 0;
  const until = performance.now() + 75_000;
  await wait(20_000);
  while (performance.now() < until) {
    most = Math.max(most, residentBytes(server.pid));
    mostShared = Math.max(mostShared, proportionalBytes(server.pid));
    await wait(1_000);
  }
  await running;
  await server.stop();
  return {
    what: '1,000 devices, a report each 10 s: resident, children included, at most',
    value: `${megabytes(most)} MB (${megabytes(mostShared)} MB with shared pages counted once)`,
    goal: '≤ 256 MB',
  };
}

async function manyConnections(
  provision: (server: SluiceTarget, count: number) => Promise<LoadDevice[]>,
): Promise<Figure> {
  const server = await startSluice();
  const devices = await provision(server, MANY);
  const sockets: net.Socket[] = [];
  let accepted = 0;
  const startedAt = performance.now();
  for (let at = 0; at < devices.length; at += 200) {
    const group = devices.slice(at, at + 200);
    const opened = await Promise.all(group.map((device) => open(server.port, device, sockets)));
    accepted += opened.filter(Boolean).length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const resident = megabytes(residentBytes(server.pid));
  for (const socket of sockets) socket.destroy();
  await server.stop();
  return {
    what: `Connections accepted of ${MANY} asked for`,
    value: `${accepted} in ${seconds.toFixed(1)} s, ${resident} MB resident`,
    goal: String(MANY),
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

function open(port: number, device: LoadDevice, sockets: net.Socket[]): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.once('data', (answer: Buffer) => resolve(answer[3] === 0));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.write(connectPacket(device, 300));
  });
}
