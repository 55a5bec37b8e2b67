import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireRule } from '../api/work-types.ts';
import { routeHref } from '../domain/route.ts';
import { matches } from '../domain/search.ts';
import { Problem } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { farm } from '../state/farm.ts';
import { local, texts } from '../state/language.ts';
import { route } from '../state/route.ts';
import { api } from '../state/session.ts';
import { useLoaded } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { ConditionText } from './rule-condition.tsx';
import { RuleDetail } from './rule-detail.tsx';
import { RuleMarks } from './rule-marks.tsx';

function RuleRow({ rule }: { rule: WireRule }): JSX.Element {
  return (
    <a class="rule-row" href={routeHref('rules', { id: rule.id })} data-enabled={rule.enabled}>
      <strong>{local(rule.title)}</strong>
      <ConditionText rule={rule} brief />
      <RuleMarks rule={rule} />
    </a>
  );
}

function KindRules(props: {
  kind: string;
  rules: readonly WireRule[];
  open: boolean;
}): JSX.Element {
  const title = farm.value.kinds.get(props.kind)?.title;
  return (
    <details class="panel kind-rules" open={props.open}>
      <summary>
        {title === undefined ? props.kind : local(title)}
        <span class="count">{props.rules.length}</span>
      </summary>
      <div>
        {props.rules.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </div>
    </details>
  );
}

function Listed({ rules }: { rules: readonly WireRule[] }): JSX.Element {
  const query = useSignal('');
  const words = workTexts.value.rules;
  const found = rules.filter(({ id, title, topic }) =>
    matches(query.value, [id, local(title), topic]),
  );
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  return (
    <>
      <input
        type="search"
        class="search-plain"
        placeholder={words.search}
        aria-label={words.search}
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
        }}
      />
      {kinds.map((kind) => (
        <KindRules
          key={kind}
          kind={kind}
          rules={found.filter((rule) => rule.kind === kind)}
          open={query.value !== '' || kinds.length === 1}
        />
      ))}
    </>
  );
}

/** When there is an alert and why, with a try on history. */
export function Rules(): JSX.Element {
  const { value, problem, reload } = useLoaded(() => api.list<WireRule>('/rules'));
  const words = workTexts.value;
  const id = route.value.query['id'];
  const rule = value?.find((one) => one.id === id);
  if (rule !== undefined && value !== null) {
    return (
      <WorkPage title={local(rule.title)} back={routeHref('rules')}>
        <RuleDetail key={rule.id} rule={rule} rules={value} onChange={reload} />
      </WorkPage>
    );
  }
  return (
    <WorkPage title={words.pages.rules.title}>
      <Problem text={problem} />
      {value === null && problem === null && <p class="loading">{texts.value.loading}</p>}
      {value !== null && <Listed rules={value} />}
    </WorkPage>
  );
}
