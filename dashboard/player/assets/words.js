// Numbers as people read them: 4 significant digits, a true minus, powers of ten as superscripts.
const UP = {'-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹'};

export function number(v) {
  if (v === undefined || v !== v) return '–';
  if (!Number.isFinite(v)) return v > 0 ? '∞' : '−∞';
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [digits, power] = size.toExponential(3).split('e');
    return (v < 0 ? '−' : '') + digits + '×10' + [...String(+power)].map(c => UP[c]).join('');
  }
  const text = Number.isInteger(v) ? String(size) : size.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
  return (v < 0 ? '−' : '') + text;
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
