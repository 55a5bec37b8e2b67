import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { coopInputSchema } from '#schemas/coop';
import { deviceInputSchema } from '#schemas/device';
import { siteInputSchema } from '#schemas/site';
import { demoPlan, fleetPlan, type Plan } from '#simulators/plan';
import { deviceSecret, provision } from '#simulators/provision';
import type { DeviceKind } from '#src/contracts/device-kind';
import { loadKinds } from '#src/ingest/kinds';

const kinds = await loadKinds();

function expectValid(plan: Plan): void {
  const sites = new Set(plan.sites.map((site) => site.id));
  for (const coop of plan.coops) coopInputSchema.parse(coop);
  for (const site of plan.sites) siteInputSchema.parse(site);
  for (const { id, coop, site, kind, name } of plan.devices) {
    deviceInputSchema.parse({ id, coop, site, kind, name, secret: deviceSecret('seed', id) });
    expect(sites).toContain(site);
    expect(kinds.has(kind)).toBe(true);
  }
  expect(new Set(plan.devices.map((device) => device.id)).size).toBe(plan.devices.length);
  expect(sites.size).toBe(plan.sites.length);
}

describe('plans', () => {
  test('the demonstration has twelve ponds, three trap stations and two drip blocks', () => {
    const plan = demoPlan(kinds);
    expectValid(plan);
    const ofKind = (kind: string): string[] =>
      plan.sites.filter((site) => site.kind === kind).map((site) => site.name);
    expect(ofKind('pond')).toHaveLength(12);
    expect(ofKind('pond').at(-1)).toBe('Ao 12');
    expect(ofKind('field')).toHaveLength(3);
    expect(ofKind('zone')).toHaveLength(2);
    const ids = plan.devices.map((device) => device.id);
    expect(ids).toContain('ao-3');
    // A kind may ask for fewer of it than there are sites.
    expect(ids).toContain('quat-4');
    expect(ids).not.toContain('quat-5');
  });

  test('a fourth kind stands on the sites it is made for, without being named anywhere', () => {
    const [pondKind] = [...kinds.values()].filter((kind) => kind.siteKind === 'pond');
    if (pondKind === undefined) throw new Error('no pond device');
    const fourth: DeviceKind = {
      ...pondKind,
      name: 'feeder',
      simulator: { idPrefix: 'cho-an', values: () => null },
    };
    const plan = demoPlan(new Map([...kinds, ['feeder', fourth]]));
    const feeders = plan.devices.filter((device) => device.kind === 'feeder');
    expect(feeders.map((device) => device.id)).toContain('cho-an-12');
    // Both devices of one pond live in the same water.
    const beside = plan.devices.filter((device) => device.site === feeders[0]?.site);
    expect(new Set(beside.map((device) => device.seed)).size).toBe(1);
  });

  test('a fleet has as many devices as asked for, of every kind', () => {
    for (const count of [1, 17, 250]) {
      const plan = fleetPlan(kinds, count);
      expectValid(plan);
      expect(plan.devices).toHaveLength(count);
    }
    const devices = [...kinds.values()].filter(({ fieldCounts }) => fieldCounts !== true);
    expect(devices.length).toBeLessThan(kinds.size);
    expect(new Set(fleetPlan(kinds, 17).devices.map((device) => device.kind)).size).toBe(
      devices.length,
    );
    expect(fleetPlan(new Map(), 5).devices).toEqual([]);
  });
});

describe('provisioning', () => {
  let server: Server | undefined;
  afterEach(async () => {
    const open = server;
    server = undefined;
    if (open !== undefined) await new Promise((resolve) => open.close(resolve));
  });

  /** A stand-in that answers as told: a server that misbehaves, which ours does not. */
  async function answering(
    answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  ): Promise<string> {
    const started = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => answer(request, body, response));
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  const options = (apiUrl: string): Parameters<typeof provision>[0] => ({
    apiUrl,
    token: 'token',
    plan: demoPlan(kinds),
    secretSeed: 'demo',
  });

  test('goes on where everything exists, with the same secrets each time', async () => {
    const apiUrl = await answering((request, body, response) => {
      if (request.url?.endsWith('/bulk')) {
        const lines = body.trim().split('\n');
        response.end(lines.map(() => '{"error":{"code":"DEVICE_EXISTS"}}\n').join(''));
        return;
      }
      response.statusCode = 409;
      response.end(
        JSON.stringify({ code: request.url?.endsWith('/coops') ? 'COOP_EXISTS' : 'SITE_EXISTS' }),
      );
    });
    const first = await provision(options(apiUrl));
    const second = await provision(options(apiUrl));
    expect(first.created).toBe(0);
    const { sites, devices } = demoPlan(kinds);
    expect(first.existing).toBe(1 + sites.length + devices.length);
    expect(second.devices).toEqual(first.devices);
    const secrets = first.devices.map((device) => device.secret);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(32);
  });

  test('names what was refused and why', async () => {
    const apiUrl = await answering((_request, _body, response) => {
      response.statusCode = 403;
      response.end(JSON.stringify({ code: 'FORBIDDEN', detail: 'a viewer may not create' }));
    });
    await expect(provision(options(apiUrl))).rejects.toMatchObject({
      code: 'PROVISION_REFUSED',
      message: '/coops answered 403: a viewer may not create',
    });
  });

  test('does not take half an answer for a whole one', async () => {
    const apiUrl = await answering((request, _body, response) => {
      response.statusCode = 201;
      response.end(request.url?.endsWith('/bulk') ? '{"device":{}}\n' : '{}');
    });
    await expect(provision(options(apiUrl))).rejects.toMatchObject({
      code: 'PROVISION_REFUSED',
      message: `/devices/bulk answered 1 lines for ${demoPlan(kinds).devices.length} devices`,
    });
  });

  test('says when nobody answers', async () => {
    await expect(provision(options('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'PROVISION_UNREACHABLE',
    });
  });
});
