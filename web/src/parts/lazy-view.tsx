import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { texts } from '../state/language.ts';

type View = () => JSX.Element;

/** A view whose code is fetched when it is first opened: few phones ever open all of them. */
export function lazyView(load: () => Promise<View>): View {
  const loaded = signal<View | null>(null);
  const failed = signal(false);
  const fetchView = async (): Promise<void> => {
    failed.value = false;
    try {
      const view = await load();
      loaded.value = () => view();
    } catch {
      failed.value = true;
    }
  };
  return function Lazy() {
    useEffect(() => {
      if (loaded.value === null) void fetchView();
    }, []);
    const Loaded = loaded.value;
    if (Loaded !== null) return <Loaded />;
    const words = texts.value;
    if (!failed.value) return <p class="loading">{words.loading}</p>;
    return (
      <div class="nothing" role="alert">
        <p>{words.error.unreachable}</p>
        <button type="button" class="button" onClick={() => void fetchView()}>
          {words.error.retry}
        </button>
      </div>
    );
  };
}
