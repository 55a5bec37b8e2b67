/** First wait and longest wait between attempts: quick after a hiccup, gentle in an outage. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export type StreamState = 'connecting' | 'live' | 'broken';

export interface StreamOptions {
  url: string;
  /** Names of the events wanted. */
  events: readonly string[];
  onEvent: (name: string, data: unknown) => void;
  onState: (state: StreamState) => void;
  /** The line was down and events may be missing: read everything again. */
  onGap: () => void;
}

export interface Stream {
  /** Connects at once when the line is down, instead of at the next attempt. */
  wake(): void;
  /** Gives the line up, although the browser believes in it, and connects anew. */
  restart(): void;
  close(): void;
}

/**
 * Server-Sent Events that come back by themselves. The browser resumes a dropped line with
 * Last-Event-ID; when it gives up (a refused or failed answer) we start a new one and report a gap.
 */
export function openStream(options: StreamOptions): Stream {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = RETRY_MIN_MS;
  let everLive = false;
  let closed = false;

  function dispatch(event: MessageEvent<string>): void {
    let data: unknown;
    try {
      data = event.data === '' ? null : JSON.parse(event.data);
    } catch {
      return options.onGap();
    }
    options.onEvent(event.type, data);
  }

  function connect(): void {
    if (closed) return;
    clearTimeout(timer);
    source?.close();
    options.onState('connecting');
    const fresh = new EventSource(options.url);
    source = fresh;
    let openedBefore = false;
    fresh.onopen = () => {
      waitMs = RETRY_MIN_MS;
      options.onState('live');
      if (everLive && !openedBefore) options.onGap();
      everLive = true;
      openedBefore = true;
    };
    fresh.onerror = () => {
      options.onState('broken');
      if (fresh.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, waitMs);
      waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
    };
    for (const name of options.events) fresh.addEventListener(name, dispatch);
  }

  connect();
  return {
    restart: connect,
    wake() {
      if (source?.readyState !== EventSource.OPEN) connect();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      source?.close();
    },
  };
}
