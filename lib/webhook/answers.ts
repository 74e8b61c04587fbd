import * as z from 'zod';

/*
 * The field names of an answer differ from scene to scene. Text holds `{code}` and `{message}`; other values
 * are sent as they are. Source: TOP protocol notes, section 8.4.
 */
const templateSchema = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));
export type AnswerTemplate = z.infer<typeof templateSchema>;

const sceneAnswersSchema = z.strictObject({
  success: templateSchema.optional(),
  failure: templateSchema.optional(),
});

/** Templates by method name, `*` for every other scene. */
export const answersSchema = z.record(z.string(), sceneAnswersSchema);
export type Answers = z.infer<typeof answersSchema>;

/** What is said to the gateway; never a value of the request. */
export type AnswerWords = { readonly code: string; readonly message: string };

/** Said for everything that fails verification: the constants that the console's check looks for. */
export const SIGN_CHECK_FAILURE: AnswerWords = { code: 'sign-check-failure', message: 'Illegal request' };

const GENERIC: Readonly<Record<'success' | 'failure', AnswerTemplate>> = {
  success: { flag: 'success', sub_code: '', sub_message: '{message}' },
  failure: { flag: 'failure', sub_code: '{code}', sub_message: '{message}' },
};

/** The scenes whose field names are documented; values are strings there. */
const DOCUMENTED: Answers = {
  'qimen.tmall.car.leads.synchronize': {
    success: { success: 'true', msgCode: '{code}', msgDesc: '{message}' },
    failure: { success: 'false', msgCode: '{code}', msgDesc: '{message}' },
  },
};

function templateOf(answers: Answers, method: string, outcome: 'success' | 'failure'): AnswerTemplate {
  const own = (table: Answers, name: string) =>
    Object.hasOwn(table, name) ? table[name]?.[outcome] : undefined;
  return own(answers, method) ?? own(DOCUMENTED, method) ?? own(answers, '*') ?? GENERIC[outcome];
}

function fill(template: AnswerTemplate, words: AnswerWords): string {
  const said = (text: string) =>
    text.replace(/\{(code|message)\}/g, (_mark, word) => (word === 'code' ? words.code : words.message));
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(template).map(([name, value]) => [
        name,
        typeof value === 'string' ? said(value) : value,
      ]),
    ),
  );
}

/**
 * The JSON body of an answer in the field names of the scene.
 *
 * @param method the `method` of the query, verified or not: it only chooses field names.
 */
export function answerBody(
  answers: Answers,
  method: string,
  outcome: 'success' | 'failure',
  words: AnswerWords,
): string {
  return fill(templateOf(answers, method, outcome), words);
}
