import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ApiProblem } from '../api/client.ts';
import { Logo } from '../parts/icons.tsx';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { texts } from '../state/language.ts';
import { signIn } from '../state/session.ts';

const TEXT = { type: 'text' } as const;
const PASSWORD = { type: 'password' } as const;

function reason(error: unknown): string {
  const words = texts.value;
  const status = error instanceof ApiProblem ? error.status : 0;
  if (status === 0) return words.error.unreachable;
  if (status === 429) return words.signIn.tooOften;
  if (status === 401 || status === 400 || status === 403) return words.signIn.wrong;
  return words.error.failed((error as ApiProblem).message);
}

export function SignIn(): JSX.Element {
  const token = useSignal('');
  const shown = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const words = texts.value.signIn;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const text = token.value.trim();
    if (text === '') {
      problem.value = words.empty;
      return;
    }
    busy.value = true;
    problem.value = null;
    try {
      await signIn(text);
    } catch (error) {
      problem.value = reason(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="sign-in">
      <div class="sign-in-brand">
        <Logo />
        <span>Sluice</span>
        <LanguageSwitch />
      </div>
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>{words.title}</h1>
        <p class="lead">{words.lead}</p>
        <label for="token">{words.token}</label>
        <div class="token">
          <input
            id="token"
            {...(shown.value ? TEXT : PASSWORD)}
            autocomplete="current-password"
            autocapitalize="none"
            spellcheck={false}
            value={token.value}
            aria-invalid={problem.value !== null}
            aria-describedby="token-problem"
            onInput={(event) => {
              token.value = event.currentTarget.value;
            }}
          />
          <button
            type="button"
            class="button"
            aria-pressed={shown.value}
            onClick={() => {
              shown.value = !shown.value;
            }}
          >
            {shown.value ? words.hide : words.show}
          </button>
        </div>
        <p class="problem" id="token-problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="button primary" disabled={busy.value}>
          {busy.value ? words.busy : words.submit}
        </button>
        <p class="hint">{words.where}</p>
        <pre>
          <code>npm run sluice -- token create dien-thoai --role farmer</code>
        </pre>
      </form>
    </main>
  );
}
