import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

export interface AddFormProps {
  label: string;
  /** Said instead of the button when there is nothing left to add. */
  none: string;
  /** How many are left to add. */
  free: number;
  children: (close: () => void) => JSX.Element;
}

/** A button that opens a form for something new. */
export function AddForm({ label, none, free, children }: AddFormProps): JSX.Element {
  const isOpen = useSignal(false);
  const set = (open: boolean) => (): void => {
    isOpen.value = open;
  };
  if (isOpen.value) return children(set(false));
  if (free === 0) return <p class="soft">{none}</p>;
  return (
    <button type="button" class="button primary" onClick={set(true)}>
      {label}
    </button>
  );
}
