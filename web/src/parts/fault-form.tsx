import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { FieldFault } from '../api/client.ts';
import { placeFaults } from '../domain/form-faults.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { Problem } from './form.tsx';

export interface FaultFormProps {
  /** The list of the API it belongs to, as `/plots`. */
  list: string;
  title: string;
  /** The site whose declaration is edited; null for a new one. */
  kept: string | null;
  /** Names of the fields that are shown, as the server names them. */
  fields: readonly string[];
  /** What is to be saved, and what is wrong with what was typed. */
  read: () => { body: { site: string }; faults: readonly FieldFault[] };
  /** What removing it comes to, for a second tap. */
  removeSure: string;
  /** Called once it was saved or removed. */
  onDone: () => Promise<void>;
  onCancel: () => void;
  /** The fields, each with what is wrong with it. */
  children: (faultOf: (field: string) => string | undefined) => JSX.Element;
}

/** What a site declares: each refusal stands at the field it is about; the first is shown. */
export function FaultForm(props: FaultFormProps): JSX.Element {
  const { list, title, kept, fields, read, removeSure, onDone, onCancel, children } = props;
  const isSure = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const { busy, problem, faults, run } = useWork();
  const { at, rest } = placeFaults(faults.value, fields);
  const words = plantTexts.value.forms;
  const pathOf = (site: string): string => `${list}/${encodeURIComponent(site)}`;
  const save = async (): Promise<void> => {
    isSure.value = false;
    const { body, faults: found } = read();
    if (found.length > 0) faults.value = found;
    else if (await run(() => api.send('PUT', pathOf(body.site), body))) await onDone();
  };
  const remove = async (site: string): Promise<void> => {
    if (!isSure.value) isSure.value = true;
    else if (await run(() => api.send('DELETE', pathOf(site)))) await onDone();
  };
  useEffect(() => {
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid]');
    // The bars at both ends of the page would lie over what is scrolled to its edge.
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: 'center' });
  }, [faults.value]);
  const summary = at.size === 0 ? problem.value : [words.mend, ...rest].join(' ');
  return (
    <form
      ref={form}
      class="panel"
      aria-label={title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{title}</h2>
      {children((field) => at.get(field))}
      <Problem text={summary} />
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          {workTexts.value.save}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {workTexts.value.cancel}
        </button>
        {kept !== null && (
          <button
            type="button"
            class={isSure.value ? 'button danger' : 'button'}
            disabled={busy.value}
            onClick={() => void remove(kept)}
          >
            {isSure.value ? removeSure : words.remove}
          </button>
        )}
      </div>
    </form>
  );
}
