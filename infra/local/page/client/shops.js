import { count, h, table } from './dom.js';

/** A session is told of as soon as this few days are left. */
const SESSION_DAYS = 14;

const days = (count) => `${count} ${count === 1 ? 'day' : 'days'}`;

/** What a person has to see to: red days, sessions that end. */
export function shopTroubles(shops) {
  return [
    ...shops.flatMap(({ shop, red }) =>
      red.map(
        ({ day, reason }) =>
          `${shop}: ${day} is red (${reason}): npm run -s carferry -- reconcile --shop ${shop} --day ${day}`,
      ),
    ),
    ...shops
      .filter(({ daysLeft }) => daysLeft !== null && daysLeft <= SESSION_DAYS)
      .map(
        ({ shop, daysLeft }) =>
          `${shop}: its session ${daysLeft <= 0 ? 'has ended' : `ends in ${days(daysLeft)}`}: npm run -s carferry -- shops set-session ${shop}`,
      ),
  ];
}

function sessionOf(daysLeft) {
  if (daysLeft === null) return h('span', { class: 'soft' }, 'end not known');
  if (daysLeft <= 0) return h('span', { class: 'bad' }, 'has ended');
  return h('span', daysLeft <= SESSION_DAYS ? { class: 'warn' } : {}, `${days(daysLeft)} left`);
}

/** How each shop stands. */
export function drawShops({ shops }) {
  document.getElementById('standing').hidden = shops.length === 0;
  table(
    'shops',
    ['shop', '>green days', '>red days', '>not walked yet', 'red since', 'session'],
    shops.map(({ shop, green, red, unproven, daysLeft }) => [
      shop,
      green,
      count(red.length, red.length > 0),
      unproven,
      red[0]?.day ?? '',
      sessionOf(daysLeft),
    ]),
    '',
  );
}
