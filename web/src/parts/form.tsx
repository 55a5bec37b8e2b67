import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
  label: string;
  hint?: string | undefined;
  /** What is typed into or chosen from, with the id the label points at. */
  children: (id: string) => JSX.Element;
}

/** A label over what is typed or chosen; a hint below it. */
export function Field({ label, hint, children }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="entry">
      <label class="entry-label" for={id}>
        {label}
      </label>
      {children(id)}
      {hint !== undefined && <span class="hint">{hint}</span>}
    </div>
  );
}

/** Apart from each other, for what goes with each of them differs. */
const TYPES = {
  text: { type: 'text' },
  time: { type: 'time' },
  date: { type: 'date' },
  'datetime-local': { type: 'datetime-local' },
} as const;

interface TextProps {
  label: string;
  value: Signal<string>;
  hint?: string | undefined;
  type?: keyof typeof TYPES;
  required?: boolean;
  /** A number is typed: the phone shows digits, and a decimal comma is understood. */
  number?: boolean;
}

export function TextField(props: TextProps): JSX.Element {
  const { label, value, hint, type = 'text', required = false, number = false } = props;
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <input
          id={id}
          {...TYPES[type]}
          required={required}
          {...(number ? { inputMode: 'decimal' as const } : {})}
          autocomplete="off"
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  text: string;
}

interface ChoiceProps {
  label: string;
  value: Signal<string>;
  options: readonly Option[];
  hint?: string;
}

export function Choice({ label, value, options, hint }: ChoiceProps): JSX.Element {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <select
          id={id}
          value={value.value}
          onChange={(event) => {
            value.value = event.currentTarget.value;
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export function Check({ label, checked, onChange }: CheckProps): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** Values of a list, several of which may be chosen. */
export function Checks(props: {
  label: string;
  chosen: Signal<readonly string[]>;
  options: readonly Option[];
}): JSX.Element {
  const { label, chosen, options } = props;
  return (
    <fieldset class="checks">
      <legend class="entry-label">{label}</legend>
      {options.map(({ value, text }) => (
        <Check
          key={value}
          label={text}
          checked={chosen.value.includes(value)}
          onChange={(checked) => {
            const others = chosen.value.filter((one) => one !== value);
            chosen.value = checked ? [...others, value] : others;
          }}
        />
      ))}
    </fieldset>
  );
}

export function Problem({ text }: { text: string | null }): JSX.Element | null {
  if (text === null) return null;
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}
