import * as z from 'zod';

/*
 * The field names of an answer differ from scene to scene. Text holds `{code}` and `{message}`; other values
 * are sent as they are. Source: TOP protocol notes, section 8.4.
 */
const templateSchema = z.lazy(() =>
  z.record(
    z.string().regex(/^[A-Za-z_][\w.-]*$/, { error: 'expected a field name' }),
    z.union([z.string(), z.boolean(), z.number()]),
  ),
);
export type AnswerTemplate = z.infer<typeof templateSchema>;

const sceneAnswersSchema = z.lazy(() =>
  z.strictObject({
    success: templateSchema.optional(),
    failure: templateSchema.optional(),
    /** Default: as the call says by `format`, else as its body came. */
    format: z.enum(['json', 'xml']).optional(),
  }),
);
/** The answers of one scene. */
export type SceneAnswers = z.infer<typeof sceneAnswersSchema>;

/** Templates by method name, `*` for every other scene. */
export const answersSchema = z.lazy(() => z.record(z.string(), sceneAnswersSchema));
export type Answers = z.infer<typeof answersSchema>;

/** What is said to the gateway; never a value of the request. */
export type AnswerWords = { readonly code: string; readonly message: string };

/** Said for everything that fails verification: the constants that the console's check looks for. */
export const SIGN_CHECK_FAILURE: AnswerWords = { code: 'sign-check-failure', message: 'Illegal request' };

const GENERIC: Readonly<Record<'success' | 'failure', AnswerTemplate>> = {
  success: { flag: 'success', sub_code: '', sub_message: '{message}' },
  failure: { flag: 'failure', sub_code: '{code}', sub_message: '{message}' },
};

const MARKS: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

export type AnswerText = { readonly body: string; readonly contentType: string };

/** Which call is answered; the method verified or not, because it only chooses field names. */
export type AnsweredCall = {
  readonly method: string;
  /** Query parameter `format`, if any. */
  readonly format: string | undefined;
  readonly contentType: string | undefined;
};

function isXmlCall({ format, contentType }: AnsweredCall): boolean {
  if (format === 'xml' || format === 'json') return format === 'xml';
  return /^\s*(?:text|application)\/xml\b/i.test(contentType ?? '');
}

function filled(
  template: AnswerTemplate,
  { code, message }: AnswerWords,
): [string, string | boolean | number][] {
  const said = (text: string) =>
    text.replace(/\{(code|message)\}/g, (_mark, word) => (word === 'code' ? code : message));
  return Object.entries(template).map(([name, value]) => [
    name,
    typeof value === 'string' ? said(value) : value,
  ]);
}

function xmlOf(members: [string, string | boolean | number][]): string {
  const text = (value: string | boolean | number) =>
    String(value).replace(/[<>&]/g, (mark) => MARKS[mark] ?? '');
  const elements = members.map(([name, value]) => `<${name}>${text(value)}</${name}>`).join('');
  return `<?xml version="1.0" encoding="utf-8"?><response>${elements}</response>`;
}

/**
 * An answer in the field names and the format of its scene: configured ones, then the method's own, then
 * configured ones for all scenes, then the gateway's default.
 */
export function answerText(
  tables: { readonly configured: Answers; readonly documented: Answers },
  call: AnsweredCall,
  outcome: 'success' | 'failure',
  words: AnswerWords,
): AnswerText {
  const of = (table: Answers, name: string) => (Object.hasOwn(table, name) ? table[name] : undefined);
  const scenes = [
    of(tables.configured, call.method),
    of(tables.documented, call.method),
    of(tables.configured, '*'),
  ];
  const template = scenes.find((scene) => scene?.[outcome] !== undefined)?.[outcome] ?? GENERIC[outcome];
  const format = scenes.find((scene) => scene?.format !== undefined)?.format;
  const members = filled(template, words);
  if (format === 'xml' || (format === undefined && isXmlCall(call))) {
    return { body: xmlOf(members), contentType: 'application/xml; charset=utf-8' };
  }
  return {
    body: JSON.stringify(Object.fromEntries(members)),
    contentType: 'application/json; charset=utf-8',
  };
}
