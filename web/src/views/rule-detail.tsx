import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireRule, WireRuleVersion } from '../api/work-types.ts';
import { toMs } from '../domain/instant.ts';
import { routeHref } from '../domain/route.ts';
import { EvidenceTag } from '../parts/evidence-tag.tsx';
import { Problem } from '../parts/form.tsx';
import { format, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { ConditionText } from './rule-condition.tsx';
import { RuleEditor, type RuleProps } from './rule-editor.tsx';
import { RuleMarks } from './rule-marks.tsx';

function Source({ rule }: { rule: WireRule }): JSX.Element {
  const { text, evidence, region, stage, validUntil } = rule.source;
  const words = workTexts.value.rules;
  const day = validUntil && format.value.date(Date.parse(`${validUntil}T12:00:00+07:00`));
  const facts = [
    region && `${words.region}: ${region}`,
    stage && `${words.stage}: ${stage}`,
    day && `${words.validUntil}: ${day}`,
    rule.topic && words.topic(rule.topic),
  ].filter(Boolean);
  return (
    <div>
      <div class="marks">
        <span class="entry-label">{texts.value.alerts.source}</span>
        <EvidenceTag evidence={evidence} />
      </div>
      <p class="plain-list">{text}</p>
      {facts.map((fact) => (
        <p key={fact} class="soft">
          {fact}
        </p>
      ))}
    </div>
  );
}

function Versions(props: RuleProps): JSX.Element {
  const { rule, onChange } = props;
  const path = `/rules/${encodeURIComponent(rule.id)}`;
  const key = `${path}/versions ${rule.version}`;
  const { value, problem } = useLoaded(() => api.list<WireRuleVersion>(`${path}/versions`), key);
  const asked = useSignal(false);
  const work = useWork();
  const words = workTexts.value.rules;
  const takeBack = (): Promise<boolean> =>
    work.run(async () => {
      await api.send('DELETE', path);
      await onChange();
      asked.value = false;
    });
  return (
    <section class="panel">
      <h2>{words.versions}</h2>
      <Problem text={problem ?? work.problem.value} />
      {value?.length === 0 && <p class="soft">{words.neverChanged}</p>}
      <ul class="plain-list">
        {value?.map((one) => (
          <li key={one.rule.version}>
            {words.version(String(one.rule.version))} · {format.value.dateTime(toMs(one.savedAt))} ·{' '}
            {one.savedBy}
            {one.removed && ` · ${words.takenBack}`}
          </li>
        ))}
      </ul>
      {rule.origin === 'saved' && mayAs('agronomist') && (
        <div class="actions">
          <button
            type="button"
            class="button"
            disabled={work.busy.value}
            onClick={() => {
              if (asked.value) void takeBack();
              else asked.value = true;
            }}
          >
            {asked.value ? workTexts.value.removeSure : words.takeBack}
          </button>
        </div>
      )}
    </section>
  );
}

/** One rule: what it asks, why, its numbers to change and to try, and who changed them. */
export function RuleDetail(props: RuleProps): JSX.Element {
  const { rule, rules } = props;
  const siblings = rules.filter(
    ({ id, topic, kind }) => id !== rule.id && topic === rule.topic && kind === rule.kind && topic,
  );
  return (
    <>
      <section class="panel">
        <RuleMarks rule={rule} />
        {rule.remarks?.map((remark) => (
          <p key={remark} class="soft">
            {remark}
          </p>
        ))}
        <ConditionText rule={rule} />
        <Source rule={rule} />
        {siblings.length > 0 && (
          <div class="actions">
            {siblings.map(({ id }) => (
              <a key={id} class="button" href={routeHref('rules', { id })}>
                {id}
              </a>
            ))}
          </div>
        )}
      </section>
      <RuleEditor {...props} />
      <Versions {...props} />
    </>
  );
}
