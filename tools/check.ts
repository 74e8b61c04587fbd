import { spawnSync } from 'node:child_process';

/** `npm run check`: types, then lint and format. Both always run; the exit code says whether both passed. */
const steps = [
  ['types', 'node_modules/typescript/bin/tsc', '--noEmit'],
  ['lint and format', 'node_modules/@biomejs/biome/bin/biome', 'check', '.'],
] as const;

let failed = 0;
for (const [name, ...command] of steps) {
  const { status } = spawnSync(process.execPath, [...command], { stdio: 'inherit' });
  process.stderr.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
