import { drawBars, drawLag } from './charts.js';
import { clock, count, duration, h, show, streamName, table } from './dom.js';
import { showFound } from './order.js';
import { drawShops, shopTroubles } from './shops.js';

const EVERY_MS = 1_000;
const WELL = new Set(['walking', 'caught-up', 'more']);

const queueName = (name) => name.split('-').slice(2).join('-') || name;
const rate = (perSecond) => (perSecond >= 10 ? String(Math.round(perSecond)) : perSecond.toFixed(1));

function troublesOf({ streams, queues, calls, halts, quarantine, shops }) {
  return [
    ...shopTroubles(shops),
    ...halts.map(
      (halt) => `${halt.shop}: ${halt.method} is halted (${halt.reason}) since ${clock(halt.since)}`,
    ),
    ...streams
      .filter(({ state }) => !WELL.has(state))
      .map(
        ({ stream, state, reason }) =>
          `${streamName(stream)}: ${state}${reason === null ? '' : ` (${reason})`}`,
      ),
    ...streams
      .filter(({ openWindows }) => openWindows > 0)
      .map(({ stream, openWindows }) => `${streamName(stream)}: ${openWindows} open windows`),
    ...queues
      .filter(({ dead }) => dead > 0)
      .map(({ name, dead }) => `${queueName(name)}: ${dead} dead letters`),
    ...calls
      .filter(({ bannedUntil }) => bannedUntil !== null)
      .map(({ method, bannedUntil }) => `${method} is banned until ${clock(bannedUntil)}`),
    ...(quarantine > 0 ? [`${quarantine} in quarantine: npm run -s carferry -- quarantine list`] : []),
  ];
}

function drawTiles({ tables, dues, quarantine, leadChecks, drain }) {
  const tiles = [
    [tables.orders, 'orders'],
    [tables.leads, 'leads'],
    [tables.adOrders, 'ad lines'],
    [tables.items, 'items'],
    [leadChecks.found + leadChecks.none, 'leads checked'],
    [dues.due + dues.later, 'checks due later'],
    [quarantine, 'in quarantine'],
    ...(drain === null || drain.leftMs < 1000 ? [] : [[duration(drain.leftMs), 'until worked off']]),
  ];
  show(
    'tiles',
    tiles.map(([value, name]) => h('li', {}, h('b', {}, String(value)), name)),
  );
}

function stateOf({ state, reason, share }) {
  if (state === 'caught-up') return h('span', { class: 'good' }, 'caught up');
  if (!WELL.has(state)) return h('span', { class: 'bad' }, reason === null ? state : `${state}: ${reason}`);
  return h('span', {}, h('progress', { max: '1', value: String(share) }), `${Math.floor(share * 100)} %`);
}

const SWEEPS = ['day', 'fortnight', 'quarter'];

/** One row for each source: its live lane in full, its sweeps in a word each. */
function streamRows(streams) {
  const sources = new Map();
  for (const stream of streams) {
    const own = sources.get(streamName(stream.stream)) ?? {};
    own[stream.lane] = stream;
    sources.set(streamName(stream.stream), own);
  }
  return [...sources].map(([name, lanes]) => {
    const sum = (field) => Object.values(lanes).reduce((total, lane) => total + lane[field], 0);
    const { live } = lanes;
    return [
      name,
      clock(live?.watermark),
      live === undefined ? '' : duration(live.lagMs),
      live === undefined ? '' : stateOf(live),
      ...SWEEPS.map((lane) =>
        lanes[lane] === undefined ? h('span', { class: 'soft' }, 'later') : stateOf(lanes[lane]),
      ),
      sum('rows'),
      sum('enqueued'),
      sum('windows'),
    ];
  });
}

function drawTables({ streams, queues, calls, limits }) {
  table(
    'streams',
    [
      'stream',
      'everything before',
      '>lag',
      'live',
      'day',
      'fortnight',
      'quarter',
      '>rows',
      '>changed',
      '>windows',
    ],
    streamRows(streams),
    'no stream has begun yet',
  );
  table(
    'queues',
    ['queue', '>waiting', '>in hand', '>oldest', '>dead'],
    queues.map(({ name, waiting, inHand, oldestMs, dead }) => [
      queueName(name),
      waiting,
      inHand,
      waiting === 0 || oldestMs === null ? '' : duration(oldestMs),
      count(dead, dead > 0),
    ]),
    'not asked yet',
  );
  table(
    'calls',
    ['method', '>calls', '>per s', '>at most', '>again', '>banned', '>failed'],
    calls.map((call) => [
      call.method,
      call.calls,
      rate(call.perSecond),
      limits[call.method] === undefined ? '' : String(limits[call.method]),
      call.retried,
      count(call.banned, call.bannedUntil !== null, 'warn'),
      count(call.failed, call.failed > 0),
    ]),
    'no call yet',
  );
}

let drawnRecent = '';
function drawRecent({ recent }) {
  const ids = recent.map(({ orderId }) => orderId).join();
  if (ids === drawnRecent) return;
  drawnRecent = ids;
  const find = (id) => () => {
    document.getElementById('q').value = id;
    showFound(id);
  };
  const buttons = recent.map(({ orderId }) => h('button', { type: 'button', click: find(orderId) }, orderId));
  show('recent', recent.length > 0 ? ['last changed:', ...buttons] : []);
}

function draw(status) {
  const { version, gateway, elapsedMs, at } = status;
  show(
    'about',
    `${version}, ${gateway === 'real' ? 'real gateway' : 'simulator'}, running for ${duration(elapsedMs)}, ${clock(at)}`,
  );
  const troubles = troublesOf(status);
  const verdict = document.getElementById('verdict');
  verdict.textContent =
    troubles.length === 0
      ? 'all is well'
      : troubles.length === 1
        ? '1 thing to see to'
        : `${troubles.length} things to see to`;
  verdict.className = `badge ${troubles.length === 0 ? 'good' : 'bad'}`;
  const section = document.getElementById('troubles');
  section.hidden = troubles.length === 0;
  section.querySelector('ul').replaceChildren(...troubles.map((text) => h('li', {}, text)));
  drawTiles(status);
  drawShops(status);
  drawTables(status);
  drawBars('chart-orders', status.series, 'orders');
  drawBars('chart-calls', status.series, 'calls', 'bans');
  drawLag('chart-lag', status.series);
  drawRecent(status);
  document.getElementById('said').hidden = status.notes.length === 0;
  show(
    'notes',
    status.notes.slice(-8).map((line) => h('li', {}, line)),
  );
}

async function look() {
  try {
    if (!document.hidden) draw(await (await fetch('status.json')).json());
  } catch {
    const verdict = document.getElementById('verdict');
    verdict.textContent = 'the run has ended';
    verdict.className = 'badge';
  }
  setTimeout(look, EVERY_MS);
}

document.getElementById('find').addEventListener('submit', (event) => {
  event.preventDefault();
  const id = document.getElementById('q').value.trim();
  if (id !== '') showFound(id);
});
const asked = new URLSearchParams(location.search).get('q');
if (asked) {
  document.getElementById('q').value = asked;
  showFound(asked);
}
look();
