import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { outcomeSchema } from '../../../schemas/notification.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import {
  dutyInputSchema,
  dutySchema,
  personInputSchema,
  personReplaceSchema,
  personSchema,
} from '../../../schemas/people.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Duty, Person } from '../../contracts/people.ts';
import { principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { ApiError, notFound, unknownReference } from '../problems.ts';
import { changeProblems, noContent, problems } from './answers.ts';
import { outcomeOf } from './notifications.ts';

const params = z.object({ id: idSchema });
const tags = ['people'];
const config = { action: 'manage-people' } as const;

/** People who are told of alerts, and who is called when. */
export function personRoutes(scope: ApiScope, options: ApiOptions): void {
  listRoutes(scope, options);
  itemRoutes(scope, options);
  testRoute(scope, options);
  dutyRoutes(scope, options);
}

/** Somebody of several cooperatives is managed by who sees all of them. */
async function visiblePerson(
  { state }: ApiOptions,
  principal: Principal,
  id: string,
): Promise<Person> {
  const person = await state.people.get(id);
  if (person === undefined || !person.coops.every((coop) => sees(principal, coop))) {
    throw notFound('PERSON', id);
  }
  return person;
}

/** Throws for a cooperative or site that is not there, and for a contact that cannot work. */
async function checkReferences(
  { state, notifier }: ApiOptions,
  principal: Principal,
  { coops, contacts, policy }: Pick<Person, 'coops' | 'contacts' | 'policy'>,
): Promise<void> {
  for (const coop of coops) {
    const known = sees(principal, coop) && (await state.coops.get(coop)) !== undefined;
    if (!known) throw unknownReference('COOP', coop, 'coops');
  }
  for (const id of policy.sites ?? []) {
    const site = await state.sites.get(id);
    if (site === undefined || !coops.includes(site.coop)) {
      throw unknownReference('SITE', id, 'policy.sites');
    }
  }
  for (const [index, contact] of contacts.entries()) {
    const fault = notifier.checkContact(contact);
    if (fault !== null) throw contactInvalid(`contacts.${index}`, contact.channel, fault);
  }
}

function listRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, clock } = options;
  scope.route({
    method: 'GET',
    url: '/people',
    config,
    schema: {
      tags,
      summary: 'People of the cooperatives the caller may see',
      querystring: z.strictObject(pageQuery),
      response: { 200: pageOf(personSchema), ...problems },
    },
    handler: async (request) => {
      const { coops } = principalOf(request);
      const { limit, cursor } = request.query;
      const filter = coops === null ? {} : { within: coops };
      return state.people.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/people',
    config,
    schema: {
      tags,
      summary: 'Add a person',
      body: personInputSchema,
      response: { 201: personSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const person: Person = { ...request.body, createdAt: clock.now() };
      await checkReferences(options, principalOf(request), person);
      await state.transaction(async (tx) => {
        if ((await tx.people.get(person.id)) !== undefined) throw personExists(person.id);
        await tx.people.save(person);
      });
      return reply.code(201).header('location', `/api/v1/people/${person.id}`).send(person);
    },
  });
}

function itemRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state } = options;
  scope.route({
    method: 'GET',
    url: '/people/:id',
    config,
    schema: {
      tags,
      summary: 'One person',
      params,
      querystring: z.strictObject({}),
      response: { 200: personSchema, ...problems },
    },
    handler: async (request) => visiblePerson(options, principalOf(request), request.params.id),
  });

  scope.route({
    method: 'PUT',
    url: '/people/:id',
    config,
    schema: {
      tags,
      summary: 'Replace what is known of a person',
      params,
      body: personReplaceSchema,
      response: { 200: personSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id, createdAt } = await visiblePerson(options, principal, request.params.id);
      const person: Person = { id, ...request.body, createdAt };
      await checkReferences(options, principal, person);
      await state.people.save(person);
      return person;
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/people/:id',
    config,
    schema: {
      tags,
      summary: 'Remove a person whom no ladder calls',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await visiblePerson(options, principalOf(request), id);
      if (!(await state.people.remove(id))) throw notFound('PERSON', id);
      return reply.code(204).send(null);
    },
  });
}

function testRoute(scope: ApiScope, options: ApiOptions): void {
  scope.route({
    method: 'POST',
    url: '/people/:id/test',
    config,
    schema: {
      tags,
      summary: 'Send a test message by every contact of a person, at once',
      params,
      response: { 200: z.object({ items: z.array(outcomeSchema) }), ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const person = await visiblePerson(options, principalOf(request), id);
      const items = await Promise.all(
        person.contacts.map((contact) => outcomeOf(options.notifier, contact, person.language)),
      );
      return { items };
    },
  });
}

function dutyRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, notifier } = options;
  const visibleCoop = async (principal: Principal, id: string): Promise<string> => {
    const coop = sees(principal, id) ? await state.coops.get(id) : undefined;
    if (coop === undefined) throw notFound('COOP', id);
    return coop.id;
  };

  scope.route({
    method: 'GET',
    url: '/coops/:id/duty',
    config,
    schema: {
      tags,
      summary: 'Who is called for a cooperative’s alerts, step by step',
      params,
      querystring: z.strictObject({}),
      response: { 200: dutySchema, ...problems },
    },
    handler: async (request) =>
      notifier.duty(await visibleCoop(principalOf(request), request.params.id)),
  });

  scope.route({
    method: 'PUT',
    url: '/coops/:id/duty',
    config,
    schema: {
      tags,
      summary: 'Say who is called; ladders that run go on with it',
      params,
      body: dutyInputSchema,
      response: { 200: dutySchema, ...changeProblems },
    },
    handler: async (request) => {
      const coop = await visibleCoop(principalOf(request), request.params.id);
      const duty: Duty = { coop, ...withoutUndefined(request.body) };
      await state.transaction(async (tx) => {
        for (const [step, { people }] of duty.steps.entries()) {
          for (const id of people) {
            const person = await tx.people.get(id);
            const fits = person?.coops.includes(coop) ?? false;
            if (!fits) throw unknownReference('PERSON', id, `steps.${step}.people`);
          }
        }
        await tx.people.saveDuty(duty);
      });
      return notifier.duty(coop);
    },
  });
}

function contactInvalid(field: string, channel: string, fault: string): ApiError {
  return new ApiError(
    'CONTACT_INVALID',
    {
      vi: `Không dùng được cách liên lạc qua “${channel}”: ${fault}.`,
      en: `The contact by "${channel}" cannot be used: ${fault}.`,
      fr: `Le contact par « ${channel} » n’est pas utilisable : ${fault}.`,
    },
    { field },
  );
}

function personExists(id: string): ApiError {
  return new ApiError(
    'PERSON_EXISTS',
    {
      vi: `Đã có người mang mã “${id}”. Hãy chọn mã khác.`,
      en: `There is already a person "${id}". Choose another id.`,
      fr: `Une personne « ${id} » existe déjà. Choisissez un autre identifiant.`,
    },
    { field: 'id' },
  );
}
