// Fails when package-lock.json would break `npm ci` elsewhere: an optional platform package that is named
// but not locked, an entry without integrity, or the address of a package host.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
const faults = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!locked.has(name)) faults.push(`${path}: optional ${name} is not locked`);
  }
  if (entry.resolved !== undefined) faults.push(`${path}: names a host`);
  if (path !== '' && !entry.link && entry.integrity === undefined) faults.push(`${path}: no integrity`);
}
for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
