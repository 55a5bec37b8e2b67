import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WirePerson } from '../api/work-types.ts';
import { PUSH_CHANNEL } from '../domain/address.ts';
import { Choice, Problem } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { texts } from '../state/language.ts';
import { lookAtPush, type PushState, subscribe } from '../state/push.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

/** Adds this phone's address to a person; for who may change people. */
function GiveTo({ address }: { address: string }): JSX.Element {
  const { value, problem: unread } = useLoaded(() => api.list<WirePerson>('/people?limit=1000'));
  const chosen = useSignal('');
  const given = useSignal<string | null>(null);
  const { busy, problem, run } = useWork();
  const words = workTexts.value.phone;
  const people = value ?? [];
  const person = people.find(({ id }) => id === chosen.value) ?? people[0];
  const give = (): Promise<boolean> =>
    run(async () => {
      if (person === undefined) return;
      const { id, createdAt: _, ...rest } = person;
      const others = rest.contacts.filter((one) => one.address !== address);
      const contacts = [{ channel: PUSH_CHANNEL, address }, ...others];
      await api.send('PUT', `/people/${encodeURIComponent(id)}`, { ...rest, contacts });
      given.value = person.name;
    });
  return (
    <>
      <Problem text={unread} />
      {people.length > 0 && (
        <>
          <Choice
            label={words.giveTo}
            value={chosen}
            options={people.map(({ id, name }) => ({ value: id, text: name }))}
          />
          <Problem text={problem.value} />
          <div class="actions">
            <button
              type="button"
              class="button primary"
              disabled={busy.value}
              onClick={() => void give()}
            >
              {words.give}
            </button>
          </div>
        </>
      )}
      {given.value !== null && (
        <p class="said" data-tone="good" role="status">
          {words.given(given.value)}
        </p>
      )}
    </>
  );
}

function Subscribed({ address }: { address: string }): JSX.Element {
  const copied = useSignal(false);
  const words = workTexts.value.phone;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(address);
    copied.value = true;
  };
  return (
    <section class="panel">
      <h2>{words.subscribed}</h2>
      <p>{words.addressNote}</p>
      <pre>{address}</pre>
      <div class="actions">
        <button type="button" class="button" onClick={() => void copy()}>
          {copied.value ? words.copied : words.copy}
        </button>
      </div>
      {mayAs('operator') ? <GiveTo address={address} /> : <p>{words.askOperator}</p>}
    </section>
  );
}

function Offer(props: { pushKey: string; onSubscribed: () => Promise<void> }): JSX.Element {
  const { busy, problem, run } = useWork();
  const denied = useSignal(false);
  const words = workTexts.value.phone;
  const start = (): Promise<boolean> =>
    run(async () => {
      denied.value = (await subscribe(props.pushKey)) === null;
      if (!denied.value) await props.onSubscribed();
    });
  return (
    <section class="panel">
      <p>{words.lead}</p>
      <div class="actions">
        <button
          type="button"
          class="button primary"
          disabled={busy.value}
          onClick={() => void start()}
        >
          {words.subscribe}
        </button>
      </div>
      {denied.value && <Problem text={words.denied} />}
      <Problem text={problem.value} />
    </section>
  );
}

function Cannot({ why }: { why: string }): JSX.Element {
  const words = workTexts.value.phone;
  return (
    <section class="panel">
      <h2>{words.insecure}</h2>
      <p>{why}</p>
      <p>{words.insteadZalo}</p>
    </section>
  );
}

function PushPanel(props: { push: PushState; reload: () => Promise<void> }): JSX.Element {
  const { push, reload } = props;
  const words = workTexts.value.phone;
  switch (push.state) {
    case 'insecure':
      return <Cannot why={words.insecureWhy} />;
    case 'unsupported':
      return <Cannot why={words.unsupported} />;
    case 'no-key':
      return <Cannot why={words.noKey} />;
    case 'ready':
      return <Offer pushKey={push.key} onSubscribed={reload} />;
    case 'subscribed':
      return <Subscribed address={push.address} />;
  }
}

/** Alerts on the device in hand, where its browser allows them. */
export function Phone(): JSX.Element {
  const { value, problem, reload } = useLoaded(lookAtPush);
  return (
    <WorkPage title={workTexts.value.pages.phone.title}>
      <Problem text={problem} />
      {value === null && problem === null && <p class="loading">{texts.value.loading}</p>}
      {value !== null && <PushPanel push={value} reload={reload} />}
    </WorkPage>
  );
}
