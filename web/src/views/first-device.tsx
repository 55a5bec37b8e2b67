import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { PlainIcon, StateIcon } from '../parts/icons.tsx';
import { farm } from '../state/farm.ts';
import { texts } from '../state/language.ts';

const COPIED_SHOWN_MS = 2_500;

/** Browsers refuse the clipboard on plain http to a LAN address; the old way still works there. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

function Command(props: { text: string }): JSX.Element {
  const copied = useSignal(false);
  const words = texts.value.empty;
  const copy = async (): Promise<void> => {
    await copyText(props.text);
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, COPIED_SHOWN_MS);
  };
  return (
    <div class="command">
      <pre>
        <code>{props.text}</code>
      </pre>
      <button type="button" class="button" onClick={() => void copy()}>
        <PlainIcon name={copied.value ? 'check' : 'copy'} />
        <span aria-live="polite">{copied.value ? words.copied : words.copy}</span>
      </button>
    </div>
  );
}

interface Commands {
  /** Null when the device is there already. */
  create: string | null;
  report: string;
}

/** The commands for a first pond: with this server's address, and with what it knows already. */
function commands(): Commands {
  const { kinds, coops, devices } = farm.value;
  const { origin, hostname } = location;
  const made = [...devices.values()][0];
  const kind = made === undefined ? [...kinds.values()][0] : kinds.get(made.kind);
  const knownCoop = [...coops.keys()][0];
  const coop = made?.coop ?? knownCoop ?? 'htx-1';
  const device = made?.id ?? 'cam-bien-1';
  const post = (path: string, body: object): string =>
    `curl -X POST ${origin}/api/v1/${path} -H "authorization: Bearer $SLUICE_TOKEN" \\
  -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  const lines = [
    post('sites', { id: 'ao-1', coop, kind: kind?.siteKind ?? 'pond', name: 'Ao 1' }),
    post('devices', { id: device, coop, site: 'ao-1', kind: kind?.name ?? '' }),
  ];
  if (knownCoop === undefined) lines.unshift(post('coops', { id: coop, name: 'HTX 1' }));
  const metric = kind?.metrics[0];
  const value = metric?.safe?.min ?? metric?.safe?.max ?? 1;
  const report = JSON.stringify({ values: { [metric?.name ?? '']: value } });
  return {
    create: made === undefined ? lines.join('\n') : null,
    report: `mosquitto_pub -V 311 -h ${hostname} -q 1 -i ${device} -u ${device} -P "$SECRET" \\
  -t sluice/v1/${coop}/${device}/report -m '${report}'`,
  };
}

/** What to do when nothing is there yet. */
export function FirstDevice(): JSX.Element {
  const words = texts.value.empty;
  const { create, report } = commands();
  return (
    <section class="first-device">
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <ol class="steps">
        <li>
          <h2>{words.stepCreate}</h2>
          {create === null ? (
            <p class="done">
              <StateIcon state="good" />
              {words.created}
            </p>
          ) : (
            <>
              <Command text={create} />
              <p class="hint">{words.tokenNote}</p>
            </>
          )}
        </li>
        <li>
          <h2>{words.stepReport}</h2>
          <Command text={report} />
          <p class="hint">{words.secretNote}</p>
        </li>
        <li>
          <h2>{words.stepWatch}</h2>
          <p class="waiting" role="status">
            <StateIcon state="waiting" />
            {words.waiting}
          </p>
        </li>
      </ol>
    </section>
  );
}
