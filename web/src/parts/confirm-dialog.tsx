import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { plantTexts } from '../state/plant-texts.ts';
import { Problem } from './form.tsx';

interface ConfirmProps {
  title: string;
  /** What would happen. */
  text: string;
  yes: string;
  busy: boolean;
  problem: string | null;
  onYes: () => void;
  onNo: () => void;
}

/** Asks before something grave. The harmless answer has the focus. */
export function ConfirmDialog(props: ConfirmProps): JSX.Element {
  const { title, text, yes, busy, problem, onYes, onNo } = props;
  const no = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => no.current?.focus(), []);
  return (
    <div class="veil">
      <div
        class="panel dialog"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby={id}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onNo();
        }}
      >
        <h2 id={id}>{title}</h2>
        <p>{text}</p>
        <Problem text={problem} />
        <div class="actions">
          <button type="button" class="button" ref={no} onClick={onNo}>
            {plantTexts.value.cancel}
          </button>
          <button type="button" class="button danger" disabled={busy} onClick={onYes}>
            {yes}
          </button>
        </div>
      </div>
    </div>
  );
}
