import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/errors.ts';

/** A folder for files on their way, in the data folder, where there is room for data. */
export class ScratchFolders {
  readonly #dir: string;
  #cleared = false;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** A folder of its own; whoever asks for it removes it. Throws FILE_DIR_UNUSABLE. */
  make(): { dir: string; remove(): void } {
    try {
      // A run that was killed has left what it was working on.
      if (!this.#cleared) rmSync(this.#dir, { recursive: true, force: true });
      this.#cleared = true;
      mkdirSync(this.#dir, { recursive: true });
      const dir = mkdtempSync(path.join(this.#dir, 'file-'));
      return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }) };
    } catch (cause) {
      throw new AppError('FILE_DIR_UNUSABLE', 'the folder for files on their way cannot be used', {
        cause,
        hint: 'Check that the data folder can be written and that its disk has room.',
      });
    }
  }
}
