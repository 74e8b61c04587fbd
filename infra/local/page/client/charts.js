import { duration, h, show, streamName, svg } from './dom.js';

const WIDTH = 380;
const HEIGHT = 130;
const LEFT = 44;
const BOTTOM = 18;
const MINUTE = 60_000;
/** A young run is shown in its own short steps, later ones in minutes. */
const YOUNG_STEPS = 60;
const MOST_LINES = 8;
/** Lags reach from seconds to months, so their scale is logarithmic. */
const LAG_TICKS = [1_000, MINUTE, 60 * MINUTE, 24 * 60 * MINUTE, 90 * 24 * 60 * MINUTE];

function frame(ticks, minutes, ...marks) {
  const lines = ticks.map(({ y, label }) => [
    svg('line', { class: 'grid', x1: LEFT, x2: WIDTH, y1: y, y2: y }),
    svg('text', { x: LEFT - 5, y: y + 4, 'text-anchor': 'end' }, label),
  ]);
  const axis = [
    svg('text', { x: LEFT, y: HEIGHT - 3 }, `${minutes} ago`),
    svg('text', { x: WIDTH, y: HEIGHT - 3, 'text-anchor': 'end' }, 'now'),
  ];
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, lines.flat(), marks.flat(), axis);
}

/** Steps as rates per minute: short steps of a young run as they are, else whole minutes. */
function perMinute(series, values) {
  const young = values.length <= YOUNG_STEPS;
  const size = young ? 1 : Math.round(MINUTE / series.stepMs);
  const factor = young ? MINUTE / series.stepMs : 1;
  const groups = [];
  for (let end = values.length; end > 0; end -= size) {
    const group = values.slice(Math.max(0, end - size), end);
    groups.unshift(group.reduce((sum, value) => sum + value, 0) * factor);
  }
  return groups;
}

function ago(series, count) {
  return duration(count * series.stepMs);
}

/** A round number that the highest bar fits under. */
function niceTop(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most) ?? 1;
}

/** Bars of one or two stacked series; the second in red on top. */
export function drawBars(id, series, name, second) {
  const values = perMinute(series, series[name]);
  const above = second === undefined ? values.map(() => 0) : perMinute(series, series[second]);
  const top = niceTop(Math.max(1, ...values));
  const height = HEIGHT - BOTTOM - 8;
  const y = (value) => HEIGHT - BOTTOM - (value / top) * height;
  const slots = Math.max(values.length, 30);
  const step = (WIDTH - LEFT) / slots;
  const bars = values.map((value, index) => {
    const x = WIDTH - (values.length - index) * step;
    const width = Math.max(1, step - 1);
    const bans = Math.min(value, above[index] ?? 0);
    const title = `${Math.round(value)} per minute${bans > 0 ? `, ${Math.round(bans)} banned` : ''}`;
    return [
      svg('rect', { class: 'bar', x, width, y: y(value), height: y(0) - y(value) }, svg('title', {}, title)),
      bans > 0 ? svg('rect', { class: 'ban', x, width, y: y(value), height: y(0) - y(bans) }) : null,
    ];
  });
  const ticks = [0, top / 2, top].map((value) => ({ y: y(value), label: String(value) }));
  const span = slots * (series[name].length <= YOUNG_STEPS ? 1 : Math.round(MINUTE / series.stepMs));
  show(id, frame(ticks, ago(series, span), bars.flat()));
}

/** One line for each live stream, worst first when there are many. */
export function drawLag(id, series) {
  const last = (values) => values.findLast((value) => value !== null) ?? 0;
  const streams = Object.entries(series.lag)
    .sort(([, a], [, b]) => last(b) - last(a))
    .slice(0, MOST_LINES)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const height = HEIGHT - BOTTOM - 8;
  const range = Math.log(LAG_TICKS.at(-1)) - Math.log(LAG_TICKS[0]);
  const y = (ms) => {
    const share = (Math.log(Math.max(LAG_TICKS[0], ms)) - Math.log(LAG_TICKS[0])) / range;
    return HEIGHT - BOTTOM - Math.min(1, share) * height;
  };
  const count = Math.max(30, ...streams.map(([, values]) => values.length));
  const step = (WIDTH - LEFT) / (count - 1);
  const lines = streams.map(([stream, values], at) => {
    const points = values.flatMap((value, index) =>
      value === null ? [] : [`${WIDTH - (values.length - 1 - index) * step},${y(value)}`],
    );
    const title = svg('title', {}, `${streamName(stream)}: ${duration(last(values))}`);
    return svg('polyline', { class: 'lag', stroke: `var(--series-${at})`, points: points.join(' ') }, title);
  });
  const ticks = LAG_TICKS.map((ms) => ({ y: y(ms), label: duration(ms) }));
  const legend = streams.map(([stream], at) => {
    const key = h('span', { class: 'key' }, streamName(stream));
    key.style.setProperty('--key', `var(--series-${at})`);
    return key;
  });
  show(id, frame(ticks, ago(series, count), lines), h('div', { class: 'legend' }, legend));
}
