// Paints the moving marks of a picture on a canvas, in the axes that Plotly has drawn below it.
const DASHES = {solid: [], dot: [3, 4], dash: [9, 6], dashdot: [9, 5, 3, 5], longdash: [14, 7]};
const TURN = 2 * Math.PI, OLD = .75;                   // what goes on for long fades by this share

// Plotly's own axes: pixel = a · (v or log10 v) + b
export function scales(gd) {
  const axis = which => {
    const full = gd._fullLayout[which], log = full.type === 'log', from = full._offset, size = full._length;
    const near = full.p2l(0), a = size / (full.p2l(size) - near), b = -near * a;  // from p2l: l2p rounds
    return {log, from, size, px: v => from + a * (log ? Math.log10(v) : v) + b,
      value: p => { const l = (p - from - b) / a; return log ? 10 ** l : l }};
  };
  return {x: axis('xaxis'), y: axis('yaxis')};
}

// the value at a pixel, to a tenth of a pixel and no digit more: it will stand in a link
export function tidy(axis, px) {
  const pixel = Math.abs(axis.value(px + 1) - axis.value(px));
  return +axis.value(px).toFixed(Math.min(20, Math.max(0, Math.ceil(-Math.log10(pixel)) + 1)));
}

const lerp = (a, b, share) => share && b === b ? a + (b - a) * share : a;

function symbol(g, name, x, y, size) {
  const r = size / 2;
  g.beginPath();
  switch (name.replace('-open', '')) {
    case 'circle': g.arc(x, y, r, 0, TURN); break;
    case 'square': g.rect(x - r * .9, y - r * .9, 1.8 * r, 1.8 * r); break;
    case 'diamond': g.moveTo(x, y - r * 1.2); g.lineTo(x + r * 1.2, y); g.lineTo(x, y + r * 1.2); g.lineTo(x - r * 1.2, y); g.closePath(); break;
    case 'triangle-up': g.moveTo(x, y - r * 1.1); g.lineTo(x + r, y + r * .8); g.lineTo(x - r, y + r * .8); g.closePath(); break;
    case 'triangle-down': g.moveTo(x, y + r * 1.1); g.lineTo(x + r, y - r * .8); g.lineTo(x - r, y - r * .8); g.closePath(); break;
    case 'star':
      for (let i = 0; i < 10; i++) { const q = r * (i % 2 ? .52 : 1.3), t = TURN * i / 10; g[i ? 'lineTo' : 'moveTo'](x + q * Math.sin(t), y - q * Math.cos(t)) }
      g.closePath(); break;
    case 'x': g.moveTo(x - r, y - r); g.lineTo(x + r, y + r); g.moveTo(x + r, y - r); g.lineTo(x - r, y + r); break;
    case 'cross': g.moveTo(x - r, y); g.lineTo(x + r, y); g.moveTo(x, y - r); g.lineTo(x, y + r); break;
    default: throw new Error(`the painter has no marker symbol '${name}'`);
  }
}

const STROKED = new Set(['x', 'cross']);
const at = (value, i) => Array.isArray(value) || ArrayBuffer.isView(value) ? value[i % value.length] : value;

function marker(g, style, x, y, i) {
  const m = style.marker || {}, name = at(m.symbol, i) || 'circle', open = name.endsWith('-open') || STROKED.has(name.replace('-open', ''));
  const color = at(m.color, i), edge = m.line || {}, size = at(m.size, i) ?? 6;
  symbol(g, name, x, y, size);
  if (open) { g.strokeStyle = color; g.lineWidth = at(edge.width, i) || 2; g.stroke(); return }
  g.fillStyle = color; g.fill();
  if (at(edge.width, i)) { g.strokeStyle = at(edge.color, i); g.lineWidth = at(edge.width, i); g.stroke() }
}

function pen(g, style) {
  const line = style.line || {};
  g.strokeStyle = line.color; g.lineWidth = line.width ?? 2; g.lineJoin = 'round'; g.lineCap = 'round';
  const dash = line.dash || 'solid';
  g.setLineDash(DASHES[dash] || dash.split(',').map(parseFloat));
}

function polyline(g, S, xs, ys, from, to) {             // to is exclusive; a gap (NaN) lifts the pen
  let down = false, far = false;
  for (let i = from; i < to; i++) {
    const x = S.x.px(xs[i]), y = S.y.px(ys[i]);
    if (x !== x || y !== y) { down = false; continue }
    // far outside, marks are brought near, or the canvas loses its precision; a line from far to far is left out,
    // for the strokes of a diverging run would hide the picture that they cross
    const cx = Math.max(-1e4, Math.min(1e4, x)), cy = Math.max(-1e4, Math.min(1e4, y));
    const away = !inside(S, x, y, Math.max(S.x.size, S.y.size));
    if (down && !(away && far)) g.lineTo(cx, cy); else g.moveTo(cx, cy);
    down = true; far = away;
  }
  return down;
}

// A line through the points given in pixels, `by` pixels to the left of its way; no corner leaves its place by much more
function beside(g, xs, ys, by, closed) {
  const x = [], y = [];                                  // a place that is visited twice in a row has no way of its own
  for (let i = 0; i < xs.length; i++) if (!x.length || Math.hypot(xs[i] - x.at(-1), ys[i] - y.at(-1)) > .01) { x.push(xs[i]); y.push(ys[i]) }
  if (closed && x.length > 1 && Math.hypot(x[0] - x.at(-1), y[0] - y.at(-1)) <= .01) { x.pop(); y.pop() }
  const n = x.length, legs = closed && n > 2 ? n : n - 1;
  const left = i => { const a = x[(i + 1) % n] - x[i], b = y[(i + 1) % n] - y[i], l = Math.hypot(a, b); return [by * b / l, -by * a / l] };
  const size = i => Math.hypot(x[(i + 1) % n] - x[(i + n) % n], y[(i + 1) % n] - y[(i + n) % n]);
  let pen = 'moveTo';
  const to = (i, [a, b]) => { g[pen](x[i] + a, y[i] + b); pen = 'lineTo' };
  for (let i = 0; i <= legs; i++) {
    const here = i % n, before = i ? left(i - 1) : legs === n ? left(n - 1) : null, after = i < legs ? left(i) : legs === n ? left(0) : null;
    if (!before || !after) { if (before || after) to(here, before || after); continue }
    const share = 1 + (before[0] * after[0] + before[1] * after[1]) / (by * by), inward = before[1] * after[0] - before[0] * after[1] > 0;
    // on the inner side the lines meet before the corner, unless that is far from it; on the outer side a sharp one is cut
    const reach = inward ? Math.min(2.4, Math.min(size(i), size(i - 1)) / (2 * by)) : 1.5;
    if (share > 2 / (reach * reach)) to(here, [(before[0] + after[0]) / share, (before[1] + after[1]) / share]); else if (inward) to(here, [0, 0]); else { to(here, before); to(here, after) }
  }
  if (legs === n) g.closePath();
}

function arrow(g, style, x0, y0, x1, y1) {
  const line = style.line || {}, width = line.width ?? 3, length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 1)) return;
  const head = Math.min(4 + 3 * width, length), ux = (x1 - x0) / length, uy = (y1 - y0) / length, half = head * .42;
  const bx = x1 - ux * head * .8, by = y1 - uy * head * .8;
  g.beginPath(); g.moveTo(x0, y0); g.lineTo(bx, by); g.stroke();
  g.setLineDash([]); g.fillStyle = g.strokeStyle; g.beginPath(); g.moveTo(x1, y1);
  g.lineTo(x1 - ux * head - uy * half, y1 - uy * head + ux * half);
  g.lineTo(x1 - ux * head + uy * half, y1 - uy * head - ux * half);
  g.closePath();
  const halo = (style.meta || {}).halo;                   // the shaft's halo is a trace of its own
  if (halo) { g.strokeStyle = halo; g.lineWidth = 4; g.stroke() }
  g.fill();
}

function inside(S, x, y, slack = 1) {
  return x >= S.x.from - slack && x <= S.x.from + S.x.size + slack && y >= S.y.from - slack && y <= S.y.from + S.y.size + slack;
}

function leaving(g, S, style, x, y) {                   // the followed mark is outside: an arrow at the edge points to it
  const cx = S.x.from + S.x.size / 2, cy = S.y.from + S.y.size / 2, dx = x - cx, dy = y - cy;
  if (!Number.isFinite(dx) || !Number.isFinite(dy)) return;
  const t = Math.min((S.x.size / 2 - 6) / Math.abs(dx), (S.y.size / 2 - 6) / Math.abs(dy)), tip = [cx + dx * t, cy + dy * t];
  const n = Math.hypot(dx, dy), tail = [tip[0] - dx / n * 34, tip[1] - dy / n * 34];
  g.setLineDash([]); g.lineCap = 'round';
  for (const [color, width] of [[S.halo, 8], [at((style.marker || {}).color, 0), 5]]) {
    g.strokeStyle = color; g.lineWidth = width; arrow(g, {line: {color, width}}, tail[0], tail[1], tip[0], tip[1]);
  }
}

function label(g, S, style, x, y, i) {
  const text = String(at(style.text, i) ?? '').replace(/<\/?b>/g, ''), font = style.textfont || {}, size = font.size || 14, place = style.textposition || 'top center';
  if (!text) return;
  g.font = `${font.weight || 600} ${size}px ${font.family || getComputedStyle(g.canvas).fontFamily}`;
  const width = g.measureText(text).width, dx = place.includes('left') ? -width / 2 - 12 : place.includes('right') ? width / 2 + 12 : 0;
  const dy = place.startsWith('top') ? -size : place.startsWith('bottom') ? size : 0;
  const back = (style.meta || {}).background, half = width / 2 + 5, cx = Math.max(S.x.from + half, Math.min(S.x.from + S.x.size - half, x + dx));
  const tall = size * .72, within = v => Math.max(S.y.from + tall, Math.min(S.y.from + S.y.size - tall, v));
  let cy = within(y + dy);
  if (back) {                                            // a name that would lie on another makes room, downward, else upward
    const free = v => S.names.every(n => Math.abs(n.cx - cx) >= n.half + half || Math.abs(n.cy - v) >= n.tall + tall);
    const room = [0, 1, -1, 2, -2].map(n => within(y + dy + n * tall * 2.1)).find(free);
    cy = room ?? cy; S.names.push({cx, cy, half, tall});
  }
  if (back) { g.fillStyle = back; g.globalAlpha *= .86; g.beginPath(); g.roundRect(cx - half, cy - size * .72, 2 * half, size * 1.44, 3); g.fill(); g.globalAlpha /= .86 }
  g.fillStyle = font.color; g.textAlign = 'center'; g.textBaseline = 'middle'; g.fillText(text, cx, cy + 1);
}

const value = (mark, axis, k, share) => {
  const now = mark[axis][k], next = mark[axis][k + 1];
  return mark.glide && share && next !== undefined ? (typeof now === 'number' ? lerp(now, next, share) : null) : now;
};

function points(mark, k, share, visit) {                // one point, or one a member
  const X = mark.x[k], Y = mark.y[k];
  if (X === undefined) return;
  if (typeof X === 'number') return visit(value(mark, 'x', k, share), value(mark, 'y', k, share), 0);
  const glide = mark.glide && share && mark.x[k + 1], X1 = glide ? mark.x[k + 1] : X, Y1 = glide ? mark.y[k + 1] : Y, s = glide ? share : 0;
  for (let i = 0; i < X.length; i++) if (!mark.level || mark.level[k][i] === mark.only) visit(lerp(X[i], X1[i], s), lerp(Y[i], Y1[i], s), i);
}

const DRAW = {
  still(g, S, mark) { trail(g, S, mark, mark.x, mark.y, 0, mark.x.length) },
  path(g, S, mark, k, share) {
    trail(g, S, mark, mark.x, mark.y, 0, k + 1, mark.glide && share && k + 1 < mark.x.length ? [value(mark, 'x', k, share), value(mark, 'y', k, share)] : null);
  },
  tail(g, S, mark, k) {
    const first = Math.max(0, k + 1 - mark.length);
    if (typeof mark.x[0] === 'number') return trail(g, S, mark, mark.x, mark.y, first, k + 1);
    for (let i = 0; i < mark.x[0].length; i++) {
      const xs = [], ys = [];
      for (let q = first; q <= k; q++) { xs.push(mark.x[q][i]); ys.push(mark.y[q][i]) }
      trail(g, S, mark, xs, ys, 0, xs.length);
    }
  },
  polyline(g, S, mark, k) {
    const row = mark.at ? mark.at[k] : k, ys0 = mark.y[row], xs0 = steady(mark.x) ? mark.x : mark.x[row];  // abscissas that stay come once
    if (!ys0) return;
    if (!mark.beside) return trail(g, S, mark, xs0, ys0, 0, ys0.length);
    pen(g, mark.style); g.beginPath();
    let xs = [], ys = [];
    for (let i = 0; i <= ys0.length; i++) {              // a gap (NaN) lifts the pen
      const x = i < ys0.length ? S.x.px(xs0[i]) : NaN, y = S.y.px(ys0[i]);
      if (x === x && y === y) { xs.push(x); ys.push(y) } else { if (xs.length > 1) beside(g, xs, ys, mark.beside, false); xs = []; ys = [] }
    }
    g.stroke();
  },
  ellipse(g, S, mark, k) { lately(g, mark, k, q => curved(g, S, mark, q, 0, TURN, Math.cos, Math.sin)) },
  hyperbola(g, S, mark, k) { curved(g, S, mark, k, -2.2, 2.2, Math.cosh, Math.sinh) },
  tour(g, S, mark, k) {
    const xs = [], ys = [];
    for (const city of mark.order[k] || []) { xs.push(S.x.px(mark.x[city])); ys.push(S.y.px(mark.y[city])) }
    if (xs.length < 2) return;
    pen(g, mark.style); g.beginPath();
    if (mark.beside) beside(g, xs, ys, mark.beside, true); else { xs.forEach((x, i) => g[i ? 'lineTo' : 'moveTo'](x, ys[i])); g.closePath() }
    g.stroke();
  },
  edges(g, S, mark, k) {                                 // a stroke each: many lines that cross in one stroke take twice as long
    const level = mark.level[k] || [], {x, y, x2, y2, only} = mark;
    pen(g, mark.style); g.lineCap = 'butt';
    for (let i = 0; i < level.length; i++) if (level[i] === only) { g.beginPath(); g.moveTo(S.x.px(x[i]), S.y.px(y[i])); g.lineTo(S.x.px(x2[i]), S.y.px(y2[i])); g.stroke() }
  },
  matrix(g, S, mark, k) {                                // the cell of row i and column j lies around x = j, y = i
    const image = heat(mark, k), n = image.width, x = S.x.px(-.5), y = S.y.px(-.5);
    g.translate(x, y); g.scale((S.x.px(n - .5) - x) / n, (S.y.px(n - .5) - y) / n);
    g.imageSmoothingEnabled = false; g.drawImage(image, 0, 0);
  },
  point(g, S, mark, k, share) {
    points(mark, k, share, (vx, vy, i) => {
      const x = S.x.px(vx), y = S.y.px(vy);
      if (inside(S, x, y)) marker(g, mark.style, x, y, i); else if (mark.head) leaving(g, S, mark.style, x, y);
    });
  },
  segments(g, S, mark, frame) {
    pen(g, mark.style);
    lately(g, mark, frame, k => {
      const one = typeof mark.x[k] === 'number', n = one ? 1 : mark.x[k] ? mark.x[k].length : 0;
      for (let i = 0; i < n; i++) {
        const p = axis => one ? mark[axis][k] : mark[axis][k][i];
        const x0 = S.x.px(p('x')), y0 = S.y.px(p('y')), x1 = S.x.px(p('x2')), y1 = S.y.px(p('y2'));
        if ([x0, y0, x1, y1].some(v => v !== v)) continue;
        if (Math.hypot(x1 - x0, y1 - y0) < ((mark.style.meta || {}).least || 0)) continue;
        if (mark.arrow) { pen(g, mark.style); arrow(g, mark.style, x0, y0, x1, y1) } else { g.beginPath(); g.moveTo(x0, y0); g.lineTo(x1, y1); g.stroke() }
      }
    });
  },
  list(g, S, mark, k) {                                  // the newest entry stands at the first place; its class says its color
    const newest = mark.at && mark.at[k], level = mark.level[k] || [], {text = [], textfont = {}} = mark.style;
    level.forEach((kind, i) => {
      if (kind) label(g, S, {...mark.style, text: text[mark.at ? newest - i : i], textfont: {...textfont, color: at(textfont.color, kind - 1)}}, S.x.px(mark.x[i]), S.y.px(mark.y[i]), 0);
    });
  },
  text(g, S, mark, k, share) {
    points(mark, k, share, (vx, vy, i) => { const x = S.x.px(vx), y = S.y.px(vy); if (inside(S, x, y, 40)) label(g, S, mark.words ? {...mark.style, text: mark.words[k]} : mark.style, x, y, i) });
  },
  cursor(g, S, mark, k, share) {
    const x = S.x.px(value(mark, 'x', k, share));
    if (x !== x) return;
    pen(g, mark.style); g.beginPath(); g.moveTo(x, S.y.from); g.lineTo(x, S.y.from + S.y.size); g.stroke();
  },
};

// What frame k holds or, of a mark with a length, what the last `length` frames hold, the older the fainter
function lately(g, mark, k, draw) {
  const alpha = g.globalAlpha, length = mark.length || 1;
  for (let q = Math.max(0, k + 1 - length); q <= k; q++) { g.globalAlpha = alpha * (1 - OLD * (k - q) / length); draw(q) }
  g.globalAlpha = alpha;
}

// c + u first(t) + v second(t), with c, c + u and c + v given in plot coordinates
function curved(g, S, mark, k, from, to, first, second) {
  const share = 1 - (mark.inner || 0), xs = [], ys = [];
  for (let i = 0; i <= 48; i++) {
    const t = from + (to - from) * i / 48, a = share * first(t), b = share * second(t);
    xs.push(mark.x[k] + a * (mark.x2[k] - mark.x[k]) + b * (mark.x3[k] - mark.x[k])); ys.push(mark.y[k] + a * (mark.y2[k] - mark.y[k]) + b * (mark.y3[k] - mark.y[k]));
  }
  if (mark.style.fillcolor) {
    g.fillStyle = mark.style.fillcolor; g.beginPath(); polyline(g, S, xs, ys, 0, xs.length); g.fill();
  }
  trail(g, S, mark, xs, ys, 0, xs.length);
}

// The 256 colors of a heat map's color scale, as pixels
function palette({colorscale, reversescale, zmin = 0, zmax = 255}) {
  if (!Array.isArray(colorscale)) throw new Error('a matrix needs its color scale spelled out');
  const strip = Object.assign(document.createElement('canvas'), {width: 256, height: 1}).getContext('2d', {willReadFrequently: true});
  const ramp = strip.createLinearGradient(256 * zmin / 255, 0, 256 * zmax / 255, 0);
  for (const [place, color] of colorscale) ramp.addColorStop(reversescale ? 1 - place : place, color);
  strip.fillStyle = ramp; strip.fillRect(0, 0, 256, 1);
  return new Uint32Array(strip.getImageData(0, 0, 256, 1).data.buffer);
}

const images = new WeakMap();                            // of a matrix: its picture, one pixel a cell, and what it shows

function heat(mark, k) {
  const which = mark.at[k], bytes = mark.z[which];
  let kept = images.get(mark);
  if (!kept) {
    const n = mark.half ? Math.round((Math.sqrt(8 * bytes.length + 1) - 1) / 2) : Math.round(Math.sqrt(bytes.length));
    const canvas = Object.assign(document.createElement('canvas'), {width: n, height: n}), g = canvas.getContext('2d'), pixels = g.createImageData(n, n);
    images.set(mark, kept = {canvas, g, pixels, ink: new Uint32Array(pixels.data.buffer), colors: palette(mark.style)});
  }
  if (kept.which === which) return kept.canvas;
  const {canvas, ink, colors} = kept, n = canvas.width;
  if (mark.half) for (let i = 0, at = 0; i < n; i++) for (let j = i; j < n; j++, at++) ink[i * n + j] = ink[j * n + i] = colors[bytes[at]];
  else for (let at = 0; at < ink.length; at++) ink[at] = colors[bytes[at]];
  kept.which = which; kept.g.putImageData(kept.pixels, 0, 0);
  return canvas;
}

function trail(g, S, mark, xs, ys, from, to, tip) {
  const mode = mark.style.mode || 'lines';
  if (mode.includes('lines')) {
    pen(g, mark.style); g.beginPath();
    const down = polyline(g, S, xs, ys, from, to);
    if (tip && down) { const x = S.x.px(tip[0]), y = S.y.px(tip[1]); if (x === x && y === y) g.lineTo(Math.max(-1e4, Math.min(1e4, x)), Math.max(-1e4, Math.min(1e4, y))) }
    g.stroke();
  }
  if (mode.includes('markers')) {
    g.setLineDash([]);
    for (let i = from; i < to; i++) { const x = S.x.px(xs[i]), y = S.y.px(ys[i]); if (x === x && y === y && inside(S, x, y)) marker(g, mark.style, x, y, i) }
  }
  if (mode.includes('text')) for (let i = from; i < to; i++) { const x = S.x.px(xs[i]), y = S.y.px(ys[i]); if (inside(S, x, y, 40)) label(g, S, mark.style, x, y, i) }
}

const LINES = new Set(['segments', 'cursor', 'polyline', 'ellipse', 'hyperbola', 'tour', 'edges', 'matrix']);

export function paint(canvas, gd, marks, position, options) {
  const S = {...scales(gd), halo: options.halo, names: []}, ratio = options.ratio || window.devicePixelRatio || 1, {width, height} = gd._fullLayout;
  const W = Math.round(width * ratio), H = Math.round(height * ratio);
  if (canvas.width !== W || canvas.height !== H) { canvas.width = W; canvas.height = H; canvas.style.width = width + 'px'; canvas.style.height = height + 'px' }
  const g = canvas.getContext('2d'), k = Math.floor(position), share = position - k;
  g.setTransform(ratio, 0, 0, ratio, 0, 0); g.clearRect(0, 0, width, height);
  // whole pixels: an edge that cuts through one makes every stroke twice as slow
  const snap = v => Math.round(v * ratio) / ratio, left = snap(S.x.from), top = snap(S.y.from), right = snap(S.x.from + S.x.size), bottom = snap(S.y.from + S.y.size);
  for (const mark of marks) {
    if (!DRAW[mark.kind]) throw new Error(`the painter cannot draw a '${mark.kind}'`);
    if (mark.ghost && !options.both) continue;
    if (mark.style.visible === false) continue;
    // lines end at the edge of the plot; a marker that sits on the edge is shown whole
    const edge = LINES.has(mark.kind) || (mark.style.mode || 'lines').startsWith('lines') && mark.kind !== 'point' && mark.kind !== 'text' ? 0 : 14;
    g.save(); g.beginPath(); g.rect(left - edge, top - edge, right - left + 2 * edge, bottom - top + 2 * edge); g.clip();
    g.globalAlpha = mark.style.opacity ?? 1; g.setLineDash([]);
    DRAW[mark.kind](g, S, mark, k, share);
    g.restore();
  }
  canvas.dataset.frame = k;
}

export const steady = array => typeof array[0] === 'number';  // the same in every frame, or one number a frame

// The nearest mark that can be read, within reach of the pointer: [step, member] or null
export function nearest(gd, readout, k, px, py, reach = 14) {
  const S = scales(gd);
  let best = null, least = reach * reach;
  const look = (x, y, step, member) => {
    const d = (S.x.px(x) - px) ** 2 + (S.y.px(y) - py) ** 2;
    if (d < least || d === least) { least = d; best = {step, member, x: S.x.px(x), y: S.y.px(y)} }
  };
  if (steady(readout.y)) for (let i = 0; i < readout.x.length; i++) look(readout.x[i], readout.y[i], i, null);
  else for (let i = 0; i < readout.y[k].length; i++) look(steady(readout.x) ? readout.x[i] : readout.x[k][i], readout.y[k][i], k, i);
  return best;
}

// What a mark shows at frame k, for figures that Plotly draws itself (3-D)
export function slice(mark, k) {
  const cut = a => mark.kind === 'still' ? a : mark.kind === 'path' ? a.subarray(0, k + 1)
    : mark.kind === 'tail' ? a.subarray(Math.max(0, k + 1 - mark.length), k + 1) : typeof a[k] === 'number' ? a.subarray(k, k + 1) : a[k];
  return Object.fromEntries(['x', 'y', 'z'].filter(n => mark[n]).map(n => [n, cut(mark[n])]));
}
