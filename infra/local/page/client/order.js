import { clock, h, show, table } from './dom.js';

const DUES = {
  leadCheck: 'ask for its lead again',
  owed: 'do the steps it owes',
  carCheck: 'ask again whether it is a car order',
  openOrder: 'look at it again, it is still open',
};
const ISO = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?\+08:00/g;

/** Fen as yuan, exactly. */
function yuan(fen) {
  if (fen === null) return '';
  const text = String(Math.abs(fen)).padStart(3, '0');
  const whole = text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${fen < 0 ? '-' : ''}${whole}.${text.slice(-2)}`;
}

function facts(list) {
  const value = (text) => text.replace(ISO, (at) => clock(at));
  return h(
    'dl',
    {},
    list.flatMap((fact) => [h('dt', {}, fact.name), h('dd', {}, value(fact.value))]),
  );
}

function part(title, isThere, content) {
  return isThere ? [h('h3', {}, title), h('div', { class: 'scroll' }, content)] : [];
}

function openOf({ owes, gaps, dues }) {
  const lines = [
    ...(owes.length > 0 ? [h('li', { class: 'warn' }, `owes: ${owes.join(', ')}`)] : []),
    ...gaps.map(({ step, reason }) => h('li', { class: 'warn' }, `gap: ${step} (${reason})`)),
    ...dues.map((due) =>
      h('li', {}, `due ${clock(due.dueAt)}: ${DUES[due.reason]}, ${due.attempts} done before`),
    ),
  ];
  return h(
    'ul',
    {},
    lines.length > 0 ? lines : [h('li', { class: 'good' }, 'nothing: all that can be known is here')],
  );
}

function orderView(order) {
  const version = (text) =>
    h(
      'span',
      { class: 'soft' },
      text.replace(ISO, (at) => clock(at)),
    );
  return [
    h('p', {}, `${order.orderId}, ${order.shop}, ${order.status}`),
    h(
      'div',
      { class: 'soft' },
      `${order.title ?? ''} created ${clock(order.createdAt)}, first seen ${clock(order.firstSeenAt)}, last change seen ${clock(order.observedAt ?? order.firstSeenAt)}`,
    ),
    part(
      'Facets',
      true,
      table(
        null,
        ['facet', 'state', 'version'],
        order.facets.map((facet) => [facet.name, facet.state, version(facet.version)]),
      ),
    ),
    part(
      'Money (yuan)',
      order.money.length > 0,
      facts(order.money.map(({ name, fen }) => ({ name, value: yuan(fen) }))),
    ),
    part(
      'Payment by stages (yuan)',
      order.stages.length > 0,
      table(
        null,
        ['stage', '>amount', 'state', '>paid'],
        order.stages.map((stage) => [
          `${stage.no ?? ''} ${stage.name}`,
          yuan(stage.fen),
          stage.status,
          yuan(stage.paidFen),
        ]),
      ),
    ),
    part('Person (masked)', order.person.length > 0, facts(order.person)),
    part(`Lead ${order.lead?.leadId ?? ''}`, order.lead !== null, facts(order.lead?.facts ?? [])),
    part(
      'Ad lines',
      order.adLines.length > 0,
      table(
        null,
        ['clicked', 'channel', 'campaign', 'state', '>amount'],
        order.adLines.map((line) => [
          clock(line.clickAt),
          line.channel,
          line.campaignId ?? '',
          line.status,
          yuan(line.payFen),
        ]),
      ),
    ),
    part('Open', true, openOf(order)),
  ].flat();
}

/** Shows the masked order or lead under this id. */
export async function showFound(id) {
  show('order', h('p', { class: 'soft' }, 'looking'));
  try {
    const response = await fetch(`orders.json?q=${encodeURIComponent(id)}`);
    const found = await response.json();
    if (found.order) show('order', orderView(found.order));
    else if (found.lead) show('order', [h('p', {}, `Lead ${found.lead.leadId}`), facts(found.lead.facts)]);
    else show('order', h('p', { class: 'warn' }, found.message ?? `There is no order or lead ${id}.`));
  } catch {
    show('order', h('p', { class: 'bad' }, 'The run does not answer.'));
  }
}
