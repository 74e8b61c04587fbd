import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenData, openData } from '../../../infra/cli/openData.ts';
import { openDataFolder } from '../../../infra/local/dataFolder.ts';

/** A fresh data folder, opened as a command opens it; engines in this process. */
export async function openFreshData(): Promise<{ data: OpenData; path: string; close(): Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), 'carferry-cli-'));
  const origin = { gateway: 'real', appKey: '10000001' } as const;
  const folder = await openDataFolder(path, { origin: () => origin });
  folder.close();
  const data = await openData(path, {});
  return {
    data,
    path,
    close: async () => {
      await data.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
