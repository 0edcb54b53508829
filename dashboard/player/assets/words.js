// Numbers as people read them: 4 significant digits, a true minus, commas in thousands, powers of ten as superscripts.
const UP = {'-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹'};

export function number(v) {
  if (v === undefined || v !== v) return '–';
  if (!Number.isFinite(v)) return v > 0 ? '∞' : '−∞';
  const size = Math.abs(v), minus = v < 0 ? '−' : '', [digits, ten] = size.toExponential(3).split('e'), power = +ten;
  if (Number.isInteger(v) && size < 1e6) return minus + grouped(String(size));
  if (power < -3 || power >= 5) return `${minus}${digits}×10${[...String(power)].map(c => UP[c]).join('')}`;
  return minus + (power < 3 ? size.toFixed(3 - power) : grouped(size.toFixed(0)));
}

function grouped(whole) { return whole.replace(/\d(?=(\d{3})+$)/g, '$&,') }

// Words in which no number is broken over two lines
export function unbroken(text) {
  return text.replace(/ × 10/g, '\u00a0×\u00a010').replace(/\([−\-\d.,\s×∞…⁻⁰¹²³⁴-⁹]*\)/g, place => place.replaceAll(' ', '\u00a0'))
    .replace(/(\d) %/g, '$1\u00a0%').replace(/ ([=≈<>≤≥]) (?=[−\d])/g, '\u00a0$1\u00a0');
}

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

// a text that is there already is only rewritten: a new node would have the browser match its style rules again
export function setText(node, text) {
  if (node.textContent === text) return;
  const only = node.firstChild;
  if (only && only === node.lastChild && only.nodeType === Node.TEXT_NODE) only.data = text; else node.textContent = text;
}
