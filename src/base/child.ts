import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface ForkOptions {
  /** Flags for Node itself; the parent's own are not inherited. */
  nodeFlags: readonly string[];
  /** Added to the parent's environment. */
  environment: Readonly<Record<string, string>>;
  /** 0 to 19; higher gives way to others. */
  niceness: number;
}

/** Runs a module of ours in a process of its own that speaks structured-clone messages. */
export function forkModule(module: URL, options: ForkOptions): ChildProcess {
  const child = fork(fileURLToPath(module), [], {
    execArgv: [...options.nodeFlags],
    env: { ...process.env, ...options.environment },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) {
    try {
      // Set from here and at once: threads inherit it, and the child has not started any yet.
      setPriority(child.pid, options.niceness);
    } catch {
      // A system that does not allow it runs the child at the common priority.
    }
  }
  return child;
}
