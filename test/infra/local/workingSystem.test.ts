import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { whenEnded } from '../../../infra/local/processes.ts';
import { unlessRunEnds } from '../../../infra/local/workingSystem.ts';

const never = new Promise<never>(() => {});

describe('work beside a run', () => {
  it('gives what it found while the run goes on', async () => {
    const found = await unlessRunEnds(Promise.resolve('found'), { enginesLost: never });

    expect(found).toBe('found');
  });

  it('ends with the engines of the run, saying how it goes on', async () => {
    const engines = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const work = unlessRunEnds(never, { enginesLost: whenEnded(Number(engines.pid)) });
    engines.kill('SIGKILL');

    await expect(work).rejects.toMatchObject({
      reason: 'run-ended',
      hint: expect.stringContaining('the same command'),
    });
  });
});
