import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/* Holds documents to the published files of docs/schema/, with a validator that knows nothing of zod. */

export type SchemaName = 'order' | 'lead' | 'ad-order' | 'summary';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'schema');
const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
const validators = new Map<SchemaName, ValidateFunction>();

/** Throws, naming places and rules but no value, when the document is not as its schema says. */
export function expectDocument(name: SchemaName, document: unknown): void {
  const validate =
    validators.get(name) ?? ajv.compile(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  validators.set(name, validate);
  if (validate(document)) return;
  const faults = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  throw new Error(`not a document of docs/schema/${name}.json: ${faults.join('; ')}`);
}
