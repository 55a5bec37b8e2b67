/** The README as it should be now. */
export function renderReadme(): Promise<string>;
