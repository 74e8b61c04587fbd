/** The last replies by method, to be given to the wrong caller. */
export type ForeignReplies = {
  /** Remembers this reply; answers one that a different call of the same method got. */
  replyFor(params: ReadonlyMap<string, string>, text: string): string | undefined;
};

/** What makes no difference between two calls. */
const ofEveryCall = new Set(['timestamp', 'sign', 'sign_method', 'partner_id']);

/** That something is not there carries no id: whose answer it was, nobody could tell. */
function isDenial(text: string): boolean {
  if (text.includes('_NOT_EXIST"')) return true;
  return text.includes('"result_success"') && !text.includes('"lead_no"');
}

export function createForeignReplies(): ForeignReplies {
  const last = new Map<string, { asked: string; text: string }>();
  return {
    replyFor(params, text) {
      const method = params.get('method') ?? '';
      const asked = JSON.stringify([...params].filter(([name]) => !ofEveryCall.has(name)).sort());
      const before = last.get(method);
      if (!isDenial(text)) last.set(method, { asked, text });
      return before === undefined || before.asked === asked ? undefined : before.text;
    },
  };
}
