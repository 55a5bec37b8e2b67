import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Points } from '../domain/points.ts';
import type { Plot, PlotOptions } from './plot.ts';

export interface PlotViewProps {
  options: Omit<PlotOptions, 'onCursor'>;
  /** The point being read, shared with whoever writes its value down. */
  cursor: Signal<number | null>;
  label: string;
  /** A point in words, for those who hear the chart. */
  describe: (index: number) => string;
}

/** The next point that has a value, from `index` in steps of `direction`. */
function nextPoint(points: Points, index: number, direction: 1 | -1): number | null {
  for (let at = index; at >= 0 && at < points.values.length; at += direction) {
    if (points.values[at] !== null) return at;
  }
  return null;
}

/** The chart, with a slider under it so that the keyboard reads what the finger reads. */
export function PlotView({ options, cursor, label, describe }: PlotViewProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const failed = useSignal(false);
  const { points } = options;
  const last = points.values.length - 1;

  useEffect(() => {
    let abandoned = false;
    const onCursor = (index: number | null): void => {
      cursor.value = index;
    };
    // The drawing code is read when the first chart is opened, not with the first page.
    import('./plot.ts')
      .then(({ drawPlot }) => {
        if (abandoned || host.current === null) return;
        plot.current = drawPlot(host.current, { ...options, onCursor });
        host.current.dataset['drawn'] = 'true';
      })
      .catch(() => {
        failed.value = true;
      });
    return () => {
      abandoned = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [options, cursor, failed]);

  const move = (index: number): void => {
    const at = cursor.value ?? last;
    const found = nextPoint(points, index, index < at ? -1 : 1);
    if (found !== null) plot.current?.show(found);
  };
  const index = cursor.value ?? last;
  return (
    <div class="plot">
      <input
        type="range"
        class="plot-slider"
        min={0}
        max={Math.max(last, 0)}
        value={index}
        aria-label={label}
        aria-valuetext={describe(index)}
        onInput={(event) => move(Number(event.currentTarget.value))}
      />
      <div class="plot-host" ref={host} data-failed={failed.value} />
    </div>
  );
}
