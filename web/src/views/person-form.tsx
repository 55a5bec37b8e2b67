import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Severity } from '../api/types.ts';
import type { Contact, NotifyPolicy, WireChannel, WirePerson } from '../api/work-types.ts';
import { idOf } from '../domain/address.ts';
import { readNumber } from '../domain/number-input.ts';
import { LANGUAGES } from '../i18n/languages.ts';
import { Check, Checks, Choice, type Option, Problem, TextField } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { language, local, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];
/** As the server has it for who says nothing. */
const POLICY: NotifyPolicy = {
  minimum: 'warning',
  sites: null,
  quietHours: { from: '22:00', to: '05:00' },
  digestAt: null,
  perHour: 10,
};
const DIGEST_AT = '06:00';

export function severityOptions(): Option[] {
  return SEVERITIES.map((value) => ({ value, text: texts.value.severity[value] }));
}

interface ContactsProps {
  contacts: Signal<readonly Contact[]>;
  channels: readonly WireChannel[];
}

function ContactFields(props: ContactsProps & { index: number; contact: Contact }): JSX.Element {
  const { contacts, channels, index, contact } = props;
  const words = workTexts.value;
  const change = (part: Contact | null): void => {
    const all = [...contacts.value];
    all.splice(index, 1, ...(part === null ? [] : [part]));
    contacts.value = all;
  };
  const channel = channels.find(({ name }) => name === contact.channel);
  const missing = channel?.ready === false ? channel.missing.join(', ') || channel.name : null;
  const { from, ...always } = contact;
  return (
    <fieldset class="group">
      <legend class="visually-hidden">{words.people.contact(index + 1)}</legend>
      <div class="pair">
        <label class="entry">
          <span class="entry-label">{words.people.channel}</span>
          <select
            value={contact.channel}
            onChange={(event) => change({ ...contact, channel: event.currentTarget.value })}
          >
            {channels.map(({ name, title }) => (
              <option key={name} value={name}>
                {local(title)}
              </option>
            ))}
          </select>
        </label>
        <label class="entry">
          <span class="entry-label">{words.people.usedFrom}</span>
          <select
            value={from ?? ''}
            onChange={(event) => {
              const least = SEVERITIES.find((one) => one === event.currentTarget.value);
              change(least === undefined ? always : { ...always, from: least });
            }}
          >
            <option value="">{words.people.always}</option>
            {SEVERITIES.slice(1).map((one) => (
              <option key={one} value={one}>
                {words.severityFrom(texts.value.severity[one])}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="entry">
        <span class="entry-label">{words.people.address}</span>
        <input
          autocomplete="off"
          autocapitalize="none"
          value={contact.address}
          onInput={(event) => change({ ...contact, address: event.currentTarget.value })}
        />
      </label>
      {missing !== null && <p class="problem">{words.people.notReady(missing)}</p>}
      <div class="actions">
        <button type="button" class="button" onClick={() => change(null)}>
          {words.remove}
        </button>
      </div>
    </fieldset>
  );
}

function Contacts({ contacts, channels }: ContactsProps): JSX.Element {
  const words = workTexts.value.people;
  const usual = channels.find(({ ready }) => ready) ?? channels[0];
  return (
    <>
      <p class="entry-label">{words.contacts}</p>
      {contacts.value.map((contact, index) => (
        <ContactFields key={index} {...{ contacts, channels, index, contact }} />
      ))}
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={usual === undefined}
          onClick={() => {
            contacts.value = [...contacts.value, { channel: usual?.name ?? '', address: '' }];
          }}
        >
          {words.addContact}
        </button>
      </div>
    </>
  );
}

interface PolicyFields {
  minimum: Signal<string>;
  quiet: Signal<boolean>;
  quietFrom: Signal<string>;
  quietTo: Signal<string>;
  digest: Signal<boolean>;
  digestAt: Signal<string>;
  perHour: Signal<string>;
}

function usePolicy(policy: NotifyPolicy): PolicyFields {
  return {
    minimum: useSignal<string>(policy.minimum),
    quiet: useSignal(policy.quietHours !== null),
    quietFrom: useSignal(policy.quietHours?.from ?? POLICY.quietHours?.from ?? ''),
    quietTo: useSignal(policy.quietHours?.to ?? POLICY.quietHours?.to ?? ''),
    digest: useSignal(policy.digestAt !== null),
    digestAt: useSignal(policy.digestAt ?? DIGEST_AT),
    perHour: useSignal(String(policy.perHour)),
  };
}

function Policy({ fields }: { fields: PolicyFields }): JSX.Element {
  const words = workTexts.value.people;
  const { minimum, quiet, quietFrom, quietTo, digest, digestAt, perHour } = fields;
  return (
    <>
      <p class="entry-label">{words.policy}</p>
      <Choice label={words.minimum} value={minimum} options={severityOptions()} />
      <Check
        label={words.quiet}
        checked={quiet.value}
        onChange={(checked) => {
          quiet.value = checked;
        }}
      />
      {quiet.value && (
        <div class="pair">
          <TextField label={words.quietFrom} type="time" value={quietFrom} required />
          <TextField label={words.quietTo} type="time" value={quietTo} required />
        </div>
      )}
      <Check
        label={words.digest}
        checked={digest.value}
        onChange={(checked) => {
          digest.value = checked;
        }}
      />
      {digest.value && <TextField label={words.digestAt} type="time" value={digestAt} required />}
      <TextField label={words.perHour} value={perHour} number required />
    </>
  );
}

export interface PersonFormProps {
  /** Null for a new one. */
  person: WirePerson | null;
  channels: readonly WireChannel[];
  /** Ids that are in use. */
  taken: readonly string[];
  onDone: () => Promise<void>;
  onCancel: () => void;
}

export function PersonForm(props: PersonFormProps): JSX.Element {
  const { person, channels, taken, onDone, onCancel } = props;
  const coops = [...farm.value.coops.values()];
  const first = coops.length === 1 ? coops.map(({ id }) => id) : [];
  const name = useSignal(person?.name ?? '');
  const chosen = useSignal<readonly string[]>(person?.coops ?? first);
  const spoken = useSignal<string>(person?.language ?? language.value);
  const contacts = useSignal<readonly Contact[]>(person?.contacts ?? []);
  const active = useSignal(person?.active ?? true);
  const policy = usePolicy(person?.policy ?? POLICY);
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const save = (): Promise<boolean> =>
    run(async () => {
      const { quietFrom: from, quietTo: to } = policy;
      const body = {
        name: name.value,
        coops: chosen.value,
        language: spoken.value,
        contacts: contacts.value,
        policy: {
          minimum: policy.minimum.value,
          sites: person?.policy.sites ?? null,
          quietHours: policy.quiet.value ? { from: from.value, to: to.value } : null,
          digestAt: policy.digest.value ? policy.digestAt.value : null,
          perHour: readNumber(policy.perHour.value),
        },
        active: active.value,
      };
      if (person === null)
        await api.send('POST', '/people', { id: idOf(name.value, taken), ...body });
      else await api.send('PUT', `/people/${encodeURIComponent(person.id)}`, body);
      await onDone();
    });
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField label={words.people.name} value={name} required />
      <Checks
        label={words.people.coops}
        chosen={chosen}
        options={coops.map((coop) => ({ value: coop.id, text: coop.name }))}
      />
      <Choice
        label={words.people.language}
        value={spoken}
        options={LANGUAGES.map((one) => ({ value: one.code, text: one.name }))}
      />
      <Contacts contacts={contacts} channels={channels} />
      <Policy fields={policy} />
      <Check
        label={words.people.active}
        checked={active.value}
        onChange={(checked) => {
          active.value = checked;
        }}
      />
      <Problem text={problem.value} />
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          {words.save}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}
