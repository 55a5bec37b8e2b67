import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Contact, WireChannel, WireOutcome, WirePerson } from '../api/work-types.ts';
import { PUSH_CHANNEL, shortAddress } from '../domain/address.ts';
import { Problem } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { local, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

export interface PeopleKnown {
  people: WirePerson[];
  channels: WireChannel[];
}

export interface PersonCardProps {
  person: WirePerson;
  channels: readonly WireChannel[];
  onEdit: () => void;
  onRemoved: () => Promise<void>;
}

export function channelTitle(channels: readonly WireChannel[], name: string): string {
  const channel = channels.find((one) => one.name === name);
  return channel === undefined ? name : local(channel.title);
}

function contactLine(
  { channel, address, from }: Contact,
  channels: readonly WireChannel[],
): string {
  const words = workTexts.value;
  const where = channel === PUSH_CHANNEL ? words.people.pushAddress : shortAddress(address);
  const parts = [channelTitle(channels, channel), where].filter((part) => part !== '');
  const shown = parts.join(': ');
  if (from === undefined) return shown;
  return `${shown} · ${words.severityFrom(texts.value.severity[from])}`;
}

function policyLine({ policy }: WirePerson): string {
  const words = workTexts.value;
  const { minimum, quietHours, digestAt } = policy;
  const parts = [words.severityFrom(texts.value.severity[minimum])];
  if (quietHours !== null) parts.push(words.people.quietLine(quietHours.from, quietHours.to));
  if (digestAt !== null) parts.push(words.people.digestLine(digestAt));
  return parts.join(' · ');
}

const GOOD: readonly string[] = ['sent', 'delivered'];

/** What the providers said to a test, in their own words. */
export function Outcomes(props: {
  outcomes: readonly WireOutcome[];
  channels: readonly WireChannel[];
}): JSX.Element {
  const words = workTexts.value.people;
  return (
    <>
      {props.outcomes.map(({ channel, state, answer, reason }, index) => (
        <div
          key={`${channel} ${index}`}
          class="said"
          role="status"
          data-tone={GOOD.includes(state) ? 'good' : 'danger'}
        >
          <strong>
            {channelTitle(props.channels, channel)}: {words.outcome[state]}
          </strong>
          {answer !== '' && <p>{words.answered(answer)}</p>}
          {reason !== null && <p>{reason}</p>}
        </div>
      ))}
    </>
  );
}

export function PersonCard({ person, channels, onEdit, onRemoved }: PersonCardProps): JSX.Element {
  const { busy, problem, run } = useWork();
  const outcomes = useSignal<WireOutcome[]>([]);
  const asked = useSignal(false);
  const words = workTexts.value;
  const path = `/people/${encodeURIComponent(person.id)}`;
  const test = (): Promise<boolean> =>
    run(async () => {
      outcomes.value = (await api.send<{ items: WireOutcome[] }>('POST', `${path}/test`)).items;
    });
  const remove = (): Promise<boolean> =>
    run(async () => {
      await api.send('DELETE', path);
      await onRemoved();
    });
  const coops = person.coops.map((id) => farm.value.coops.get(id)?.name ?? id).join(', ');
  return (
    <article class="panel" aria-label={person.name}>
      <div class="row-head">
        <h2>{person.name}</h2>
        {!person.active && (
          <span class="tag" data-evidence="U">
            {words.people.inactive}
          </span>
        )}
      </div>
      <p class="soft">{coops}</p>
      {person.contacts.length === 0 ? (
        <p class="problem">{words.people.noContact}</p>
      ) : (
        <ol class="plain-list">
          {person.contacts.map((contact) => (
            <li key={`${contact.channel} ${contact.address}`}>{contactLine(contact, channels)}</li>
          ))}
        </ol>
      )}
      <p class="soft">{policyLine(person)}</p>
      <Outcomes outcomes={outcomes.value} channels={channels} />
      <Problem text={problem.value} />
      <div class="actions">
        {person.contacts.length > 0 && (
          <button type="button" class="button" disabled={busy.value} onClick={() => void test()}>
            {words.people.test}
          </button>
        )}
        <button type="button" class="button" onClick={onEdit}>
          {words.edit}
        </button>
        <button
          type="button"
          class="button"
          disabled={busy.value}
          onClick={() => {
            if (asked.value) void remove();
            else asked.value = true;
          }}
        >
          {asked.value ? words.removeSure : words.remove}
        </button>
      </div>
    </article>
  );
}
