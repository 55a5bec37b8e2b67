import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Severity } from '../api/types.ts';
import type { WireDryRun, WireRule } from '../api/work-types.ts';
import { idAt, NotNumber, type Place, type RuleText, ruleOf, textOf } from '../domain/rule-edit.ts';
import { levelsOf } from '../domain/rule-lines.ts';
import { Check, Choice, Field, type Option, Problem } from '../parts/form.tsx';
import { serverNow } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { mayAs, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { DryRunAnswer } from './dry-run.tsx';
import { exact } from './rule-condition.tsx';

const DAYS_MS = 30 * 86_400_000;
const COOP = 'coop ';
const SITE = 'site ';

export interface RuleProps {
  rule: WireRule;
  /** All of them: an edit for one place may be there already. */
  rules: readonly WireRule[];
  onChange: () => Promise<void>;
}

function placeOf(choice: string): Place {
  if (choice.startsWith(COOP)) return { coop: choice.slice(COOP.length) };
  return choice.startsWith(SITE) ? { site: choice.slice(SITE.length) } : {};
}

/** Where it may be changed: a rule without a topic stands for itself alone. */
function targets(rule: WireRule): Option[] {
  const words = workTexts.value.rules;
  const { coops, sites, devices } = farm.value;
  const own = [...devices.values()].filter(({ kind }) => kind === rule.kind);
  const narrow = rule.topic === undefined || rule.scope.site !== undefined;
  const options: Option[] = [{ value: '', text: words.everywhere }];
  if (narrow) return options;
  const ofCoop = [...new Set(own.map(({ coop }) => coop))].filter(
    (coop) => rule.scope.coop === undefined || coop === rule.scope.coop,
  );
  if (rule.scope.coop === undefined) {
    for (const id of ofCoop) {
      options.push({ value: `${COOP}${id}`, text: words.onlyCoop(coops.get(id)?.name ?? id) });
    }
  }
  const ofSite = new Set(own.filter(({ coop }) => ofCoop.includes(coop)).map(({ site }) => site));
  for (const id of ofSite) {
    if (id === null) continue;
    options.push({ value: `${SITE}${id}`, text: words.onlySite(sites.get(id)?.name ?? id) });
  }
  return options;
}

/** Devices of the rule's kind at a place; undefined for every one. */
function devicesAt(rule: WireRule, { coop, site }: Place): string[] | undefined {
  if (coop === undefined && site === undefined) return undefined;
  return [...farm.value.devices.values()]
    .filter((one) => one.kind === rule.kind)
    .filter((one) => (site === undefined ? one.coop === coop : one.site === site))
    .map(({ id }) => id);
}

function NumberInput(props: { label: string; value: string; onInput: (text: string) => void }) {
  return (
    <Field label={props.label}>
      {(id) => (
        <input
          id={id}
          inputMode="decimal"
          required
          autocomplete="off"
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Numbers({ rule, text }: { rule: WireRule; text: Signal<RuleText> }): JSX.Element {
  const words = workTexts.value.rules;
  const { condition } = rule;
  const severities: Severity[] =
    condition.type === 'threshold'
      ? levelsOf(rule.severity, condition).map(({ severity }) => severity)
      : [];
  const setLevel = (index: number, part: { limit?: string; clear?: string }): void => {
    const levels = text.value.levels.map((level, at) =>
      at === index ? { ...level, ...part } : level,
    );
    text.value = { ...text.value, levels };
  };
  const { forMinutes, clearMinutes, silentMinutes, levels } = text.value;
  const time = (label: string, value: string | null, name: keyof RuleText): JSX.Element | null =>
    value === null ? null : (
      <NumberInput
        label={label}
        value={value}
        onInput={(typed) => {
          text.value = { ...text.value, [name]: typed };
        }}
      />
    );
  return (
    <>
      {levels.map((level, index) => (
        <fieldset class="group" key={index}>
          <p class="entry-label">
            {words.level(texts.value.severity[severities[index] ?? rule.severity])}
          </p>
          <div class="pair">
            <NumberInput
              label={words.limit}
              value={level.limit}
              onInput={(limit) => setLevel(index, { limit })}
            />
            <NumberInput
              label={words.clearsAt}
              value={level.clear}
              onInput={(clear) => setLevel(index, { clear })}
            />
          </div>
        </fieldset>
      ))}
      <div class="pair">
        {time(words.minutes, forMinutes, 'forMinutes')}
        {time(words.clearsFor, clearMinutes, 'clearMinutes')}
        {time(words.minutes, silentMinutes, 'silentMinutes')}
      </div>
    </>
  );
}

/** Numbers as they are typed, with the word for one that is none. */
function readRule(rule: WireRule, text: RuleText, place: Place): object {
  try {
    const { origin: _, devices: __, remarks: ___, ...edited } = ruleOf(rule, text, place);
    return edited;
  } catch (error) {
    if (!(error instanceof NotNumber)) throw error;
    throw new Error(workTexts.value.notNumber(error.typed));
  }
}

export function RuleEditor({ rule, rules, onChange }: RuleProps): JSX.Element {
  const text = useSignal(textOf(rule, exact));
  const target = useSignal('');
  const answer = useSignal<WireDryRun | null>(null);
  const saved = useSignal(false);
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const place = placeOf(target.value);
  const dryRun = (): Promise<boolean> =>
    run(async () => {
      answer.value = null;
      // Under its own id it is held against the rule in force, on the same devices.
      const tried = { ...readRule(rule, text.value, place), id: rule.id };
      const devices = devicesAt(rule, place);
      const from = new Date(serverNow() - DAYS_MS).toISOString();
      answer.value = await api.send<WireDryRun>('POST', '/rules/dry-run', {
        rule: tried,
        ...(devices === undefined ? {} : { devices }),
        from,
      });
    });
  const save = (): Promise<boolean> =>
    run(async () => {
      saved.value = false;
      const body = readRule(rule, text.value, place);
      const id = idAt(rule.id, place);
      const known = rules.find((one) => one.id === id);
      if (known === undefined) await api.send('POST', '/rules', body);
      else {
        const path = `/rules/${encodeURIComponent(id)}`;
        await api.send('PUT', path, { ...body, version: known.version });
      }
      await onChange();
      saved.value = true;
    });
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{words.rules.editTitle}</h2>
      <p class="soft">{words.rules.hint}</p>
      <Choice label={words.rules.forWhom} value={target} options={targets(rule)} />
      <Numbers rule={rule} text={text} />
      <Check
        label={words.rules.enabled}
        checked={text.value.enabled}
        onChange={(enabled) => {
          text.value = { ...text.value, enabled };
        }}
      />
      <Problem text={problem.value} />
      {saved.value && (
        <p class="said" data-tone="good" role="status">
          {words.saved}
        </p>
      )}
      <div class="actions">
        <button type="button" class="button" disabled={busy.value} onClick={() => void dryRun()}>
          {words.rules.dryRun}
        </button>
        {mayAs('agronomist') && (
          <button type="submit" class="button primary" disabled={busy.value}>
            {words.save}
          </button>
        )}
      </div>
      {busy.value && answer.value === null && <p class="soft">{words.rules.dryRunning}</p>}
      {answer.value !== null && <DryRunAnswer answer={answer.value} />}
    </form>
  );
}
