import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
  label: string;
  hint?: string | undefined;
  /** What is wrong with what was typed or chosen. */
  fault?: string | undefined;
  /** What is typed into or chosen from, with the id the label points at, and its fault. */
  children: (id: string, marks: Marks) => JSX.Element;
}

/** Says to whoever does not see it that a field is at fault, and where that is told. */
export interface Marks {
  'aria-invalid'?: true;
  'aria-describedby'?: string;
}

function marksOf(id: string, fault: string | undefined): Marks {
  return fault === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-fault` };
}

function Fault({ id, text }: { id: string; text: string | undefined }): JSX.Element | null {
  if (text === undefined) return null;
  return (
    <span class="fault" id={`${id}-fault`} role="alert">
      {text}
    </span>
  );
}

/** A label over what is typed or chosen; what is wrong with it, and a hint, below it. */
export function Field({ label, hint, fault, children }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="entry">
      <label class="entry-label" for={id}>
        {label}
      </label>
      {children(id, marksOf(id, fault))}
      <Fault id={id} text={fault} />
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
  fault?: string | undefined;
  type?: keyof typeof TYPES;
  required?: boolean;
  /** A number is typed: the phone shows digits, and a decimal comma is understood. */
  number?: boolean;
}

export function TextField(props: TextProps): JSX.Element {
  const { label, value, hint, fault, type = 'text', required = false, number = false } = props;
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(id, marks) => (
        <input
          id={id}
          {...marks}
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
  hint?: string | undefined;
  fault?: string | undefined;
  /** Called after a person has chosen. */
  onChosen?: (value: string) => void;
}

export function Choice(props: ChoiceProps): JSX.Element {
  const { label, value, options, hint, fault, onChosen } = props;
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(id, marks) => (
        <select
          id={id}
          {...marks}
          value={value.value}
          onChange={(event) => {
            value.value = event.currentTarget.value;
            onChosen?.(value.value);
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
  fault?: string | undefined;
}): JSX.Element {
  const { label, chosen, options, fault } = props;
  const id = useId();
  return (
    <fieldset class="checks" tabIndex={-1} {...marksOf(id, fault)}>
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
      <Fault id={id} text={fault} />
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
