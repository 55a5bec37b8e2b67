import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import {
  channelSchema,
  channelTestSchema,
  deliverySchema,
  deliveryStateSchema,
  outcomeSchema,
} from '../../../schemas/notification.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { AppError } from '../../base/errors.ts';
import type { Language } from '../../contracts/localized.ts';
import type { Notifier } from '../../contracts/notify.ts';
import type { Contact } from '../../contracts/people.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { changeProblems, problems } from './answers.ts';

const tags = ['notifications'];
const config = { action: 'manage-people' } as const;

type Outcome = z.output<typeof outcomeSchema>;

/** Messages on their way, and the channels they take. */
export function notificationRoutes(scope: ApiScope, options: ApiOptions): void {
  deliveryRoutes(scope, options);
  channelRoutes(scope, options);
}

function deliveryRoutes(scope: ApiScope, { state, notifier }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/notifications',
    config,
    schema: {
      tags,
      summary: 'Messages to people, newest first; `state=dead` are those given up',
      querystring: z.strictObject({
        state: listOf(deliveryStateSchema),
        coop: listOf(idSchema),
        person: idSchema.optional(),
        alert: z.string().min(1).max(200).optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(deliverySchema), ...problems },
    },
    handler: async (request) => {
      const { state: states, coop, person, alert, limit, cursor } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ states, person, alert }),
      };
      return state.outbox.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/notifications/:id/retry',
    config,
    schema: {
      tags,
      summary: 'Try a message that waits or was given up again now',
      params: z.object({ id: z.string().min(1).max(100) }),
      response: { 200: deliverySchema, ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const delivery = await state.outbox.get(id);
      if (delivery === undefined || !sees(principalOf(request), delivery.coop)) {
        throw notFound('DELIVERY', id);
      }
      return notifier.retry(id);
    },
  });
}

function channelRoutes(scope: ApiScope, { notifier }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/channels',
    config,
    schema: {
      tags,
      summary: 'Channels, whether they can send, and what they lack',
      querystring: z.strictObject({}),
      response: { 200: pageOf(channelSchema), ...problems },
    },
    handler: async (request) => {
      // An answer may name the person it was about, of any cooperative.
      const seesAll = principalOf(request).coops === null;
      const shown = notifier.channels().map((channel) => ({
        ...channel,
        lastAnswer: seesAll ? channel.lastAnswer : null,
      }));
      return { items: shown, next: null };
    },
  });

  scope.route({
    method: 'POST',
    url: '/channels/:name/test',
    config,
    schema: {
      tags,
      summary: "Send a test message now; answers the provider's own word",
      params: z.object({ name: z.string().min(1).max(32) }),
      body: channelTestSchema,
      response: { 200: outcomeSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { name } = request.params;
      const { address, language } = request.body;
      return toOutcome(name, await notifier.test(name, address, language));
    },
  });

  scope.route({
    method: 'GET',
    url: '/push/key',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'The key a browser needs to subscribe to push messages',
      querystring: z.strictObject({}),
      response: {
        200: z.object({ key: z.string().nullable().describe('Null: push is not set up.') }),
        ...problems,
      },
    },
    handler: async () => ({ key: await notifier.pushKey() }),
  });
}

function toOutcome(channel: string, outcome: Awaited<ReturnType<Notifier['test']>>): Outcome {
  const { state, answer } = outcome;
  return { channel, state, answer, reason: 'reason' in outcome ? outcome.reason : null };
}

/** A test by one of several contacts: one that cannot work does not keep the others from it. */
export async function outcomeOf(
  notifier: Notifier,
  { channel, address }: Contact,
  language: Language,
): Promise<Outcome> {
  try {
    return toOutcome(channel, await notifier.test(channel, address, language));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const reason = [error.message, error.hint].filter((part) => part !== undefined).join('. ');
    return { channel, state: 'refused', answer: '', reason };
  }
}
