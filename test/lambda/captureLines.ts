import { afterEach, beforeEach, vi } from 'vitest';

/** Collects what is written to stdout and stderr during each test of the file, as parsed JSON lines. */
export function captureLines(): { readonly stdout: Line[]; readonly stderr: Line[] } {
  const captured: { stdout: Line[]; stderr: Line[] } = { stdout: [], stderr: [] };
  beforeEach(() => {
    captured.stdout.length = 0;
    captured.stderr.length = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
        for (const line of String(chunk).split('\n')) {
          if (line.startsWith('{')) captured[name].push(JSON.parse(line));
        }
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return captured;
}

export type Line = Readonly<Record<string, unknown>>;
