import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { projectRoot } from '../../infra/local/template.ts';
import { COUNTED_EVENTS } from '../../lib/lambda/metrics.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const alarmSchema = z.looseObject({
  AlarmDescription: z.string(),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  AlarmActions: z.array(z.string()).min(1),
  OKActions: z.array(z.string()).min(1),
  TreatMissingData: z.string(),
  Threshold: z.number(),
});
const { Resources } = z
  .object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })) })
  .parse(parse(read('infra/alarms.yml'), { merge: true, logLevel: 'silent' }));
const alarms = Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
  .map(([id, { Properties }]) => [id.replace(/Alarm$/, ''), alarmSchema.parse(Properties)] as const);
const runbook = read('docs/runbook.md');
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

/** Every metric that lib/lambda/metrics.ts can write. */
function writtenMetrics(): Set<string> {
  const quoted = read('lib/lambda/metrics.ts').match(/'[A-Z][A-Za-z]+'/g) ?? [];
  const gauges = read('lib/core/telemetry.ts').match(/'[A-Z][A-Za-z]+'/g) ?? [];
  return new Set([...quoted, ...gauges].map((name) => name.slice(1, -1)));
}

describe('the alarms', () => {
  it('have one heading each in the runbook, and the runbook has no other', () => {
    expect([...sections.keys()].toSorted()).toEqual(alarms.map(([name]) => name).toSorted());
  });

  it.each(alarms)('%s says in its text where to read on, and tells beginning and end', (name, alarm) => {
    expect(alarm.AlarmDescription).toContain(`See ${name} in docs/runbook.md.`);
    expect([alarm.AlarmActions, alarm.OKActions]).toEqual([['AlarmTopic'], ['AlarmTopic']]);
  });

  it.each([...sections])('%s: the runbook says what it means and what to do', (_name, text) => {
    const refersTo = /^As \[(\w+)\]/m.exec(text)?.[1];
    const whole = sections.get(refersTo ?? '') ?? text;
    expect(whole).toContain('**Means.**');
    expect(whole).toContain('**Look.**');
    expect(whole).toContain('**Do.**');
  });

  it.each(alarms.filter(([, { Namespace }]) => Namespace === 'carferry'))(
    '%s watches a figure that the functions write',
    (_name, alarm) => {
      expect(writtenMetrics()).toContain(alarm.MetricName);
    },
  );

  it.each(Object.keys(COUNTED_EVENTS))('%s is an event that the functions log', (event) => {
    const sources = readdirSync(join(projectRoot, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== join('lambda', 'metrics.ts'))
      .map((path) => read(join('lib', path)));

    expect(sources.some((text) => text.includes(`'${event}'`))).toBe(true);
  });

  it.each([
    ['TradesBehind', 'last 15 minutes', 15 * 60],
    ['SessionExpires', 'within a week', 7],
    ['DuesBehind', 'half an hour', 30 * 60],
    ['OrdersQueueOld', 'half an hour', 30 * 60],
    ['AdOrdersBehind', 'last hour', 60 * 60],
  ])('%s rings at what the runbook says: %s', (name, words, threshold) => {
    const properties = alarms.find(([id]) => id === name)?.[1];

    expect(sections.get(name)).toContain(words);
    expect(properties?.Threshold).toBe(threshold);
  });

  it('watch every event that is counted', () => {
    const watched = new Set(alarms.map(([, { MetricName }]) => MetricName));

    expect(Object.values(COUNTED_EVENTS).filter((metric) => !watched.has(metric))).toEqual([]);
  });

  it('watch every dead-letter queue and every queue', () => {
    const names = alarms.map(([name]) => name);
    const queues = [...read('infra/queues.yml').matchAll(/^ {2}(\w+(?:Queue|DeadLetters)):/gm)].map(
      ([, id]) => id,
    );

    expect(
      queues.map((id) => (id?.endsWith('Queue') ? `${id}Old` : id)).filter((id) => !names.includes(id ?? '')),
    ).toEqual([]);
  });
});
