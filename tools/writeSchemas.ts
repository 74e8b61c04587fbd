import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { adOrderDocument, leadDocument, orderDocument } from '../lib/domain/exportDocuments.ts';
import { summaryDocument } from '../lib/domain/summaryDocument.ts';

/** Folder of the published schemas. */
export const SCHEMA_FOLDER = join(import.meta.dirname, '..', 'docs', 'schema');

/** File name → text of every published JSON Schema. */
export function schemaFiles(): Record<string, string> {
  const documents = {
    'order.json': orderDocument,
    'lead.json': leadDocument,
    'ad-order.json': adOrderDocument,
    'summary.json': summaryDocument,
  };
  return Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => [
      name,
      `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`,
    ]),
  );
}

// Run as a program: `npm run schemas`.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(SCHEMA_FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(SCHEMA_FOLDER, name), text);
}
