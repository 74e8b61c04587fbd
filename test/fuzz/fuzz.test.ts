import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonFields } from '../../lib/webhook/readJsonFields.ts';
import { readXmlFields } from '../../lib/webhook/readXmlFields.ts';
import { JSON_TEXTS, XML_TEXTS } from './corpus.ts';
import { REPLY_TARGETS } from './replyTargets.ts';
import { WEBHOOK_TARGETS } from './webhookTargets.ts';

const TARGETS = Object.entries({ ...WEBHOOK_TARGETS, ...REPLY_TARGETS });

describe('whatever strangers send', () => {
  it.each(TARGETS)('%s', async (_name, property) => {
    await fc.assert<unknown[]>(property(), { numRuns: 2000, interruptAfterTimeLimit: 600 });
  });
});

describe('the corpora', () => {
  it('hold documents that are read and documents that are not', () => {
    const json = JSON_TEXTS.map((text) => readJsonFields(text).ok);
    const xml = XML_TEXTS.map((text) => readXmlFields(text).ok);

    for (const outcomes of [json, xml]) {
      expect(outcomes.filter(Boolean).length).toBeGreaterThan(10);
      expect(outcomes.filter((ok) => !ok).length).toBeGreaterThan(30);
    }
  });
});
