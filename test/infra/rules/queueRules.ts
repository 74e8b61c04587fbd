import {
  alarmSchema,
  allOf,
  functionSchema,
  mappingSchema,
  propertiesOf,
  queueSchema,
  type Rule,
  type Template,
  targetOf,
} from './template.ts';

const QUEUE = 'AWS::SQS::Queue';
const MAPPING = 'AWS::Lambda::EventSourceMapping';

const sources = (template: Template): Set<string> =>
  new Set(allOf(template, MAPPING, mappingSchema).map(([, { EventSourceArn }]) => targetOf(EventSourceArn)));

const firstMapping = (template: Template): Record<string, unknown> => {
  const [id = ''] = allOf(template, MAPPING, mappingSchema)[0] ?? [];
  return propertiesOf(template, id);
};

/** Settings of queues and of what reads them; reliability S9–S15, S24. */
export const queueRules: readonly Rule[] = [
  {
    name: 'every queue is encrypted',
    breaches: (template) =>
      allOf(template, QUEUE, queueSchema)
        .filter(([, { SqsManagedSseEnabled }]) => SqsManagedSseEnabled !== true)
        .map(([id]) => `${id} is not encrypted`),
    spoil: (template) => Reflect.deleteProperty(propertiesOf(template, 'LeadsQueue'), 'SqsManagedSseEnabled'),
  },
  {
    name: 'every queue that is read has a dead-letter queue after five receives, which keeps longer',
    breaches: (template) => {
      const queues = new Map(allOf(template, QUEUE, queueSchema));
      return [...sources(template)].flatMap((id) => {
        const queue = queues.get(id);
        const dead = queue?.RedrivePolicy && queues.get(targetOf(queue.RedrivePolicy.deadLetterTargetArn));
        if (queue === undefined || dead === undefined) return [`${id} has no dead-letter queue`];
        if (queue.RedrivePolicy?.maxReceiveCount !== 5)
          return [`${id} gives up after another count than five`];
        return dead.MessageRetentionPeriod > queue.MessageRetentionPeriod
          ? []
          : [`${id} keeps longer than its dead letters`];
      });
    },
    spoil: (template) => Reflect.deleteProperty(propertiesOf(template, 'OrdersQueue'), 'RedrivePolicy'),
  },
  {
    name: 'every dead-letter queue keeps 14 days and has an alarm',
    breaches: (template) => {
      const alarms = JSON.stringify(allOf(template, 'AWS::CloudWatch::Alarm', alarmSchema));
      return allOf(template, QUEUE, queueSchema)
        .filter(([id]) => id.endsWith('DeadLetters'))
        .flatMap(([id, { MessageRetentionPeriod }]) => [
          ...(MessageRetentionPeriod === 1_209_600 ? [] : [`${id} keeps less than 14 days`]),
          ...(alarms.includes(`"Fn::GetAtt":["${id}","QueueName"]`) ? [] : [`${id} has no alarm`]),
        ]);
    },
    spoil: (template) => Reflect.deleteProperty(template.Resources, 'LeadsDeadLettersAlarm'),
  },
  {
    name: 'every queue that is read has an alarm',
    breaches: (template) => {
      const alarms = JSON.stringify(allOf(template, 'AWS::CloudWatch::Alarm', alarmSchema));
      return [...sources(template)].filter((id) => !alarms.includes(`"Fn::GetAtt":["${id}","QueueName"]`));
    },
    spoil: (template) => Reflect.deleteProperty(template.Resources, 'OrdersQueueOldAlarm'),
  },
  {
    name: 'a message stays hidden for six time-outs of its reader and the batching window',
    breaches: (template) => {
      const queues = new Map(allOf(template, QUEUE, queueSchema));
      const timeouts = new Map(
        allOf(template, 'AWS::Lambda::Function', functionSchema).map(([id, { Timeout }]) => [id, Timeout]),
      );
      return allOf(template, MAPPING, mappingSchema)
        .filter(([, mapping]) => {
          const timeout = timeouts.get(targetOf(mapping.FunctionName)) ?? Number.POSITIVE_INFINITY;
          const hidden = queues.get(targetOf(mapping.EventSourceArn))?.VisibilityTimeout ?? 30;
          return hidden < 6 * timeout + mapping.MaximumBatchingWindowInSeconds;
        })
        .map(([id]) => `${id}: too short a visibility time-out`);
    },
    spoil: (template) => {
      propertiesOf(template, 'OrdersQueue')['VisibilityTimeout'] = 60;
    },
  },
  {
    name: 'every queue event reports failed items and limits its concurrency',
    breaches: (template) =>
      allOf(template, MAPPING, mappingSchema)
        .filter(
          ([, { FunctionResponseTypes, ScalingConfig }]) =>
            FunctionResponseTypes.join() !== 'ReportBatchItemFailures' ||
            (ScalingConfig?.MaximumConcurrency ?? 0) < 2,
        )
        .map(([id]) => `${id}: a failed record would fail or drop its batch, or readers are without limit`),
    spoil: (template) => Reflect.deleteProperty(firstMapping(template), 'FunctionResponseTypes'),
  },
];
