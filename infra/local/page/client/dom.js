/* Texts reach the page as text nodes only, so nothing that TOP sends can become markup. */

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function show(id, ...children) {
  document.getElementById(id).replaceChildren(...children.flat());
}

/** A cell is a text, a number or a node; a column whose heading begins with `>` stands right. */
export function table(id, head, rows, empty) {
  const sides = head.map((heading) => (heading.startsWith('>') ? { class: 'number' } : {}));
  const cell = (tag, content, column) =>
    h(tag, sides[column], typeof content === 'number' ? String(content) : content);
  const headings = head.map((heading) => heading.replace('>', ''));
  const body = rows.map((row) =>
    h(
      'tr',
      {},
      row.map((content, column) => cell('td', content, column)),
    ),
  );
  const rest = h('tr', {}, h('td', { colspan: String(head.length), class: 'soft' }, empty));
  const children = [
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        headings.map((content, column) => cell('th', content, column)),
      ),
    ),
    h('tbody', {}, rows.length > 0 ? body : rest),
  ];
  if (id === null) return h('table', {}, children);
  show(id, children);
  return null;
}

export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90 && minutes !== 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export function clock(iso) {
  return iso === null || iso === undefined ? '' : iso.slice(0, 19).replace('T', ' ');
}

export function streamName(stream) {
  const [source, whose] = stream.split('#');
  return source === 'adOrders' ? `ad orders, product ${whose}` : `${source} ${whose}`;
}

/** A number, marked when it is one that should not be. */
export function count(value, isBad, kind = 'bad') {
  return isBad ? h('span', { class: kind }, String(value)) : String(value);
}
