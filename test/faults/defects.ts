/** A change of one place of one file; `before` stands there exactly once. */
export type Edit = { readonly file: string; readonly before: string; readonly after: string };

/** A bug that somebody could make, and the test that must see it. */
export type Defect = Edit & {
  readonly name: string;
  /** What else belongs to the same bug. */
  readonly also?: readonly Edit[];
  /** The test's file, and a part of its name as it stands there, or in file `of` when the table stands apart. */
  readonly test: { readonly file: string; readonly name: string; readonly of?: string };
};

/**
 * Deliberate bugs for `npm run defects`, which makes them one at a time in a copy of the sources. Every line is one
 * way in which an importer of this kind has lost, doubled or shown something; see README.md here.
 */
export const DEFECTS: readonly Defect[] = [
  {
    name: 'cursor before send',
    file: 'lib/pull/sendRows.ts',
    before: 'await deps.sender.send(rows.map(({ message }) => message));',
    after: 'void deps.sender.send(rows.map(({ message }) => message)).catch(() => undefined);',
    test: { file: 'test/pull/history.test.ts', name: 'that the queue has not taken' },
  },
  {
    name: 'ids through Number()',
    file: 'lib/top/topFields.ts',
    before: 'textOf(ID_FORM, wholeAsText)',
    after:
      "((read: Reader): Reader => (value) => read(typeof value === 'string' ? String(Number(value)) : value))(textOf(ID_FORM, wholeAsText))",
    test: { file: 'test/top/quickRead.test.ts', name: 'keeps every digit of an id, quoted or not' },
  },
  {
    name: 'inexact numbers of a reply kept as doubles',
    file: 'lib/top/losslessJson.ts',
    before: 'if (isKey(text, index)) continue;',
    after: 'if (text.length > 0) continue;',
    test: { file: 'test/top/losslessJson.test.ts', name: 'reads random documents without losing a digit' },
  },
  {
    name: 'type left unset',
    file: 'lib/pull/walkTrades.ts',
    before: "type: types.join(','),",
    after: "type: types.includes('step') ? 'fixed' : '',",
    test: { file: 'test/pull/walkTrades.test.ts', name: 'always names every type and every field' },
  },
  {
    name: 'equal write acknowledged with work owed',
    file: 'lib/enrich/enrichOrder.ts',
    before: "const order = written.outcome === 'written' ? written.order : await deps.orders.read(orderId);",
    after: "if (written.outcome !== 'written') return;\n      const order = written.order;",
    test: { file: 'test/enrich/enrichOrder.test.ts', name: 'redelivered trade was meanwhile read again' },
  },
  {
    name: 'unconditional put of a trade',
    file: 'lib/store/ordersTable.ts',
    before: 'const condition = erased ? isNewerTrade(write) : unlessErased(isNewerTrade(write));',
    after: 'const condition = undefined;',
    test: { file: 'test/store/anyOrder.test.ts', name: 'ends with the greatest version' },
  },
  {
    name: 'unconditional put of facets',
    file: 'lib/store/ordersTable.ts',
    before: 'const condition = facetsUnchanged(write);',
    after: 'const condition = undefined;',
    test: {
      file: 'test/enrich/enrichOrder.test.ts',
      name: 'asks for the car again when another consumer wrote it',
    },
  },
  {
    name: 'older lead overwrites a newer one',
    file: 'lib/store/leadsTable.ts',
    before: "const isNewer = allowed(isNewerObservation(lead, 'leadId'));",
    after: 'const isNewer = undefined;',
    test: { file: 'test/store/leadsTable.test.ts', name: 'ends with the greatest observation in any order' },
  },
  {
    name: 'failed entries of a batch ignored',
    file: 'lib/queue/sendBatch.ts',
    before: 'return bodies.filter((_, index) => !confirmed.has(String(index)));',
    after: 'return confirmed.size < 0 ? [...bodies] : [];',
    test: {
      file: 'test/queue/sendBatch.test.ts',
      name: 'that fails some entries makes exactly those go again',
    },
  },
  {
    name: 'message acknowledged before its write',
    file: 'lib/queue/consumeBatch.ts',
    before: 'await handle(message, record);',
    after: 'void Promise.resolve(handle(message, record)).catch(() => undefined);',
    test: { file: 'test/queue/consumeBatch.test.ts', name: 'fails exactly the records that failed' },
  },
  {
    name: 'receive burnt by a ban',
    file: 'lib/queue/consumeBatch.ts',
    before: 'if (message !== undefined && until !== undefined) {',
    after: 'if (message !== undefined && until !== undefined && until < 0) {',
    test: { file: 'test/queue/consumeBatch.test.ts', name: 'is worked for later or comes back' },
  },
  {
    name: 'pages from the first to the last',
    file: 'lib/pull/walkTrades.ts',
    before: 'await fetch(place.page, place.pageSize, CRM_TRADE_FIELDS)',
    after:
      'await fetch(Math.ceil(place.total / place.pageSize) + 1 - place.page, place.pageSize, CRM_TRADE_FIELDS)',
    test: { file: 'test/pull/walkTrades.test.ts', name: 'reads from the last page to the first' },
  },
  {
    name: 'total not compared on every page',
    file: 'lib/pull/walkTrades.ts',
    before: "if (total !== place.total) return failed('total-changed');",
    after: "if (total === undefined) return failed('total-changed');",
    test: { file: 'test/pull/walkTrades.test.ts', name: 'walks again when a late row changes the total' },
  },
  {
    name: 'rows not compared with the total',
    file: 'lib/pull/walkTrades.ts',
    before: 'if (seen.size === total) {',
    after: 'if (seen.size <= total) {',
    test: { file: 'test/pull/walkTrades.test.ts', name: 'does not close a window whose rows are fewer' },
  },
  {
    name: 'window end is the latest row seen',
    file: 'lib/pull/walkTrades.ts',
    before: 'tally.rows += rows.length;',
    after:
      "tally.rows += rows.length;\n      Reflect.set(tally, 'latest', Math.max(0, ...rows.map(({ createdAt }) => createdAt ?? 0)));",
    also: [
      {
        file: 'lib/pull/streamWalk.ts',
        before: 'window: null, watermark: window.to, position: null',
        after:
          "window: null, watermark: Reflect.get(tally, 'latest') >= toEpochMs(window.from) ? toIso(Reflect.get(tally, 'latest')) : window.to, position: null",
      },
      {
        file: 'lib/pull/windows.ts',
        before: 'const from = position ?? Math.max(Math.min(start, watermark), watermark - overlap);',
        after: 'const from = position ?? watermark + SECOND_MS * Math.sign(1 + overlap + start);',
      },
    ],
    test: { file: 'test/pull/history.test.ts', name: 'loses nothing at any moment' },
  },
  {
    name: 'watermark moved while the window is still being walked',
    file: 'lib/pull/streamWalk.ts',
    before: 'await lease.save({ window: stored });',
    after: 'await lease.save({ window: null, watermark: stored.to });',
    test: { file: 'test/pull/crashes.test.ts', name: 'loses nothing, never moves the watermark back' },
  },
  {
    name: 'empty page taken for the end',
    file: 'lib/pull/walkAdOrders.ts',
    before: '(rows.length === 0 && isSent)',
    after: 'rows.length === 0',
    test: {
      file: 'test/pull/walkAdOrders.test.ts',
      name: 'goes on after an empty page whose cursor is fresh',
    },
  },
  {
    name: 'listing without a total taken for empty',
    file: 'lib/pull/walkTrades.ts',
    before: "if (total === undefined) return failed('total-missing');\n      if (total === 0) {",
    after: 'if (total === undefined || total === 0) {',
    test: { file: 'test/pull/walkTrades.test.ts', name: 'closes an empty window only because' },
  },
  {
    name: 'bare request id taken for an empty listing',
    file: 'lib/top/unwrapReply.ts',
    before: "(named && key === 'request_id')",
    after: "key === 'request_id'",
    test: {
      file: 'test/faults/hostileGateway.test.ts',
      name: 'sends nothing but a request id',
      of: 'test/faults/hostileReplies.ts',
    },
  },
  {
    name: 'temporary failure stored as “no car”',
    file: 'lib/enrich/steps/car.ts',
    before: 'if (hasCode(toCarferryError(thrown), deps.notFoundCodesCar)) return { car: null };',
    after: "if (toCarferryError(thrown).disposition === 'retry') return { car: null };",
    test: {
      file: 'test/enrich/enrichOrder.test.ts',
      name: 'for an error: others are written, the car stays owed',
    },
  },
  {
    name: 'reply of another order believed',
    file: 'lib/enrich/replyChecks.ts',
    before: 'if (echoedId === undefined || echoedId === askedId ||',
    after: 'if (echoedId !== askedId || echoedId === askedId ||',
    test: {
      file: 'test/enrich/enrichOrder.test.ts',
      name: 'for an error: others are written, the car stays owed',
    },
  },
  {
    name: 'lease by the clock only',
    file: 'lib/store/streamsTable.ts',
    before: 'condition: isUnchanged(state),\n        // Under one fence',
    after: '// Under one fence',
    test: { file: 'test/store/streamsTable.test.ts', name: 'is lost for a run whose lease was taken over' },
  },
  {
    name: 'lost reply taken for a failure',
    file: 'lib/store/tableCommands.ts',
    before: "if (write.isOurs(stored)) return { outcome: 'written', item: stored };",
    after: '',
    test: { file: 'test/store/ambiguousWrites.test.ts', name: 'is written when the reply was lost' },
  },
  {
    name: 'lost reply taken for a success',
    file: 'lib/store/tableCommands.ts',
    before: 'if (!refused) throw error;',
    after: "if (!refused) return { outcome: 'written', item: stored };",
    test: { file: 'test/store/ambiguousWrites.test.ts', name: 'is an error to retry when it never arrived' },
  },
  {
    name: 'ban not shared',
    file: 'lib/top/topClient.ts',
    before: "await budget.ban(appKey, error.details['scope'] === 'app' ? '*' : method, error.until);",
    after: '',
    test: {
      file: 'test/top/topClientRepeats.test.ts',
      name: 'of a day is deferred, and stops every other call',
    },
  },
  {
    name: 'ban of the app kept to one method',
    file: 'lib/top/topClient.ts',
    before: "error.details['scope'] === 'app' ? '*' : method",
    after: 'method',
    test: { file: 'test/top/topClientRepeats.test.ts', name: 'of the app stops its other methods too' },
  },
  {
    name: 'place of a sealed value not bound',
    file: 'lib/privacy/aesGcm.ts',
    before: "  cipher.setAAD(Buffer.from(aad, 'utf8'));",
    after: '  cipher.setAAD(Buffer.alloc(0).subarray(aad.length));',
    also: [
      {
        file: 'lib/privacy/aesGcm.ts',
        before: "    decipher.setAAD(Buffer.from(aad, 'utf8'));",
        after: '    decipher.setAAD(Buffer.alloc(0).subarray(aad.length));',
      },
    ],
    test: {
      file: 'test/privacy/sealRecord.test.ts',
      name: 'refuses an envelope relabelled to its new place',
    },
  },
  {
    name: 'blind index without a key',
    file: 'lib/privacy/blindIndex.ts',
    before: "keys.hmac('phone', phone).slice(0, INDEX_DIGITS)",
    after: "Buffer.from(phone.padEnd(16, '0')).toString('hex').slice(0, INDEX_DIGITS)",
    test: { file: 'test/privacy/blindIndex.test.ts', name: 'has 128 bits and differs by key' },
  },
  {
    name: 'freshness checked on one side',
    file: 'lib/webhook/verifyQimenSignature.ts',
    before:
      "if (sentAt - call.now > (call.toleranceAheadMs ?? MINUTE_MS)) return refuse('future-timestamp');",
    after: '',
    test: { file: 'test/webhook/verifyQimenSignature.test.ts', name: 'answers a call sent' },
  },
  {
    name: 'signature over the body as it reads, not as it came',
    file: 'lib/webhook/verifyQimenSignature.ts',
    before: 'const rawBody = isForm ? Buffer.alloc(0) : call.body;',
    after:
      'const rawBody = isForm ? Buffer.alloc(0) : Buffer.from(new TextDecoder().decode(call.body).trim());',
    test: { file: 'test/webhook/verifyQimenSignature.test.ts', name: 'does not fold white space' },
  },
  {
    name: 'due removed before it is sent',
    file: 'lib/pull/dues.ts',
    before:
      "await sender.send([{ v: 1, kind: 'due', shop, orderId, reason, steps }]);\n      await dues.remove(due);",
    after:
      "await dues.remove(due);\n      await sender.send([{ v: 1, kind: 'due', shop, orderId, reason, steps }]);",
    test: { file: 'test/pull/dues.test.ts', name: 'stay when the queue did not accept them' },
  },
  {
    name: 'sweep ignores what is owed',
    file: 'lib/pull/compareTrades.ts',
    before: 'stored.hash === hash && !stored.owes;',
    after: 'stored.hash === hash;',
    test: {
      file: 'test/pull/walkTrades.test.ts',
      name: 'sends nothing for trades that are stored unchanged',
    },
  },
  {
    name: 'watermark moved past a window that nobody owns',
    file: 'lib/pull/windowLedger.ts',
    before:
      'await streams.openWindow({ stream, from, to, lane, reason, openedAt, attempts, ...rowCounts(counts) });',
    after: '',
    test: { file: 'test/faults/hostilePulls.test.ts', name: 'leaves the window to the ledger' },
  },
  {
    name: 'no overlap',
    file: 'lib/pull/windows.ts',
    before: 'const overlap = Math.min(overlapMs, wholeSecond(lengthMs / 2));',
    after: 'const overlap = Math.min(0, overlapMs);',
    test: { file: 'test/pull/windows.test.ts', name: 'overlap their predecessor by the whole overlap' },
  },
  {
    name: 'lookback of nothing',
    file: 'lib/pull/planStreams.ts',
    before: 'input.from === undefined ? now - lookbackMs',
    after: 'input.from === undefined ? now - 0 * lookbackMs',
    test: { file: 'test/pull/runStream.test.ts', name: 'begins the configured lookback ago' },
  },
  {
    name: 'windows end now, before rows have settled',
    file: 'lib/pull/planStreams.ts',
    before: 'const settled = wholeSecond(now - settleMs);',
    after: 'const settled = wholeSecond(now - 0 * settleMs);',
    test: { file: 'test/pull/runStream.test.ts', name: 'ends settle before now' },
  },
  {
    name: 'last second of a window left out',
    file: 'lib/pull/windows.ts',
    before: 'return { first: from, last: to - SECOND_MS };',
    after: 'return { first: from, last: to - 2 * SECOND_MS };',
    test: { file: 'test/pull/windows.test.ts', name: 'ask TOP for every second exactly once' },
  },
  {
    name: 'message confirmed before its order is in the queue',
    file: 'lib/pull/messages.ts',
    before: 'if (refreshed[index]?.isDone === true) done.push(...messageIds);',
    after: 'if (index >= 0) done.push(...messageIds);',
    test: { file: 'test/pull/messages.test.ts', name: 'come again when the trade cannot be listed now' },
  },
  {
    name: 'error inside a 200 not seen',
    file: 'lib/top/unwrapReply.ts',
    before: "if (isObject(failed)) return { kind: 'error', error: readError(failed) };",
    after: '',
    test: { file: 'test/top/topClientReplies.test.ts', name: 'is an error when HTTP 400 carries one' },
  },
  {
    name: 'gzip inflated without a limit',
    file: 'lib/top/replyText.ts',
    before: '{ maxOutputLength: limit }',
    after: '{ maxOutputLength: limit * 1000 }',
    test: { file: 'test/top/topClientReplies.test.ts', name: 'a gzip bomb' },
  },
];
