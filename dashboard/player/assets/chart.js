// One picture: Plotly draws what stands still, the painter what moves; clicks and drags choose the start.
import {Cities} from './cities.js';
import {nearest, paint, scales, slice, steady, tidy} from './painter.js';
import {make, number, setText, unbroken} from './words.js';

const CONFIG = {displayModeBar: false, displaylogo: false, doubleClick: false, scrollZoom: false, showTips: false};
const SOLID_PAUSE = 250;                                 // a 3-D scene is redrawn at most 4 times a second

let loading = null;
export function loadPlotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${import.meta.url.split('/_stcore/')[0]}/${address}`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = null; reject(new Error('the chart library did not load; reload the page')) };
    document.head.append(script);
  });
}

export class Chart {
  constructor(player, large) {
    this.player = player; this.large = large; this.version = null; this.solidAt = 0; this.queue = Promise.resolve();
    this.title = make('span', {class: 'lab-chart-title'}); this.subtitle = make('span', {class: 'lab-quiet'});
    this.choices = make('span', {class: 'lab-choices'});
    this.gd = make('div', {class: 'lab-plot'}); this.canvas = make('canvas', {class: 'lab-canvas', 'aria-hidden': 'true'});
    this.tip = make('div', {class: 'lab-tip', role: 'tooltip', hidden: true});
    this.reset = make('button', {class: 'lab-reset', type: 'button', hidden: true, onclick: () => this.unzoom()}, 'Reset zoom');
    this.handle = make('button', {class: 'lab-start', type: 'button', hidden: true});
    this.cities = large ? new Cities(this) : null;
    this.box = make('div', {class: 'lab-box'}, this.gd, this.canvas, ...(large ? [this.handle, this.cities.layer, this.reset] : []), this.tip);
    this.key = make('div', {class: 'lab-key', 'aria-hidden': 'true'});
    this.node = make('figure', {class: large ? 'lab-picture' : 'lab-chart'});
    if (large) this.node.append(this.box, make('div', {class: 'lab-under'}, this.key, this.cities.hint, this.cities.toggle));
    else this.node.append(make('figcaption', {}, this.title, make('div', {class: 'lab-chart-head'}, this.subtitle, this.choices)), this.box, this.key);
    this.listen();
  }

  listen() {
    const stop = this.stop = new AbortController(), {signal} = stop;
    this.sizes = new ResizeObserver(() => { cancelAnimationFrame(this.sizing); this.sizing = requestAnimationFrame(() => this.resize()) });
    this.sizes.observe(this.box);
    let down = null;
    this.gd.addEventListener('pointerdown', e => { down = e.button || !e.isPrimary ? null : [e.clientX, e.clientY] }, {capture: true, signal});
    // Plotly covers the page while the button is down, so the release is heard on the window
    window.addEventListener('pointerup', e => {
      const from = down, clicks = this.clicks; down = null;
      if (!from || !clicks || Math.hypot(e.clientX - from[0], e.clientY - from[1]) > 4) return;
      const point = this.point(e);
      if (!point) return;
      if (clicks === 'start') this.player.choose(point, true); else if (clicks === 'cities') this.cities.add(point); else this.answer(point);
    }, {capture: true, signal});
    this.box.addEventListener('pointermove', e => this.read(e), {signal});
    this.box.addEventListener('pointerleave', () => { this.tip.hidden = true }, {signal});
    this.handle.addEventListener('pointerdown', e => this.drag(e), {signal});
    this.handle.addEventListener('keydown', e => this.nudge(e), {signal});
  }

  // what a click on the picture does: sets the start, answers a question, adds a city, or nothing
  get clicks() {
    const {scene} = this.player, {picture} = this;
    if (!this.large || !picture || this.solid || scene.card) return '';
    if (scene.lock) return scene.pointing && picture.axes ? 'point' : '';
    return this.cities.on ? 'cities' : picture.axes ? 'start' : '';
  }

  clicked() {
    const {clicks} = this, pointing = clicks === 'point';
    this.node.dataset.clicks = clicks; this.handle.hidden = !(pointing || clicks === 'start' && this.picture.start);
    this.handle.toggleAttribute('data-point', pointing);
  }

  answer(point) { this.guess = point; this.player.send('point', {x: point[0], y: point[1]}); this.paint() }

  async show(picture) {
    const Plotly = await loadPlotly(this.player.scene.plotly), previous = this.picture;
    this.picture = picture; this.solid = Boolean(picture.still.layout.scene);
    this.node.setAttribute('aria-label', picture.alt);
    setText(this.title, unbroken(picture.title)); setText(this.subtitle, unbroken(picture.subtitle)); this.subtitle.hidden = this.large || !picture.subtitle;
    const square = picture.marks.some(mark => mark.kind === 'matrix');
    this.node.toggleAttribute('data-matrix', square); this.drawKey(picture.key, square); this.drawChoices(picture);
    if (this.large) {
      const {scene} = this.player;
      if (this.run !== scene.run) { this.run = scene.run; this.guess = null }
      this.cities.show(picture); this.clicked();
    }
    const layout = {...structuredClone(picture.still.layout), width: this.box.clientWidth, height: this.box.clientHeight, dragmode: this.dragmode()};
    if (this.version !== picture.version) {
      const data = this.solid ? this.solidData(this.player.frame) : picture.still.data.length ? picture.still.data : [{type: 'scatter', x: [null], y: [null]}];
      if (!this.gd._fullLayout || Boolean(previous?.still.layout.scene) !== this.solid) {
        if (this.gd._fullLayout) Plotly.purge(this.gd);
        await Plotly.newPlot(this.gd, data, layout, CONFIG);
        this.gd.on('plotly_relayouting', () => this.paint()); this.gd.on('plotly_afterplot', () => this.paint());
        this.gd.on('plotly_relayout', () => this.zoomed());
      } else await Plotly.react(this.gd, data, layout, CONFIG);
      this.version = picture.version; this.home = picture.still.layout; this.zoomed();
    } else if (this.solid) this.solidStep(true);
    this.glides = picture.marks.some(mark => mark.glide);
    this.paint();
  }

  dragmode() { return this.player.scene.card ? false : this.solid ? 'orbit' : this.large && !matchMedia('(pointer: coarse)').matches ? 'zoom' : false }
  solidData(k) { const data = this.picture.still.data.map(t => ({...t})); for (const m of this.picture.marks) Object.assign(data[m.trace], slice(m, k)); return data }

  solidStep(now) {
    clearTimeout(this.later);
    const wait = this.solidAt + SOLID_PAUSE - performance.now();
    if (wait > 0 && !now) { this.later = setTimeout(() => this.solidStep(true), wait); return }
    this.solidAt = performance.now();
    const moving = this.picture.marks.filter(m => m.kind !== 'still' || now), k = this.player.frame, update = {x: [], y: [], z: []};
    for (const m of moving) { const s = slice(m, k); for (const n of ['x', 'y', 'z']) update[n].push(s[n]) }
    if (moving.length) window.Plotly.restyle(this.gd, update, moving.map(m => m.trace));
  }

  get options() { return {both: this.player.both, halo: this.player.scene.colors['--halo']} }

  paint(playing = false) {                               // while playing, what does not glide is painted once a frame
    if (!this.gd._fullLayout || !this.picture || playing && !this.glides && this.painted === this.player.frame) return;
    if (this.solid) { this.canvas.hidden = true; if (this.shown !== this.player.frame) { this.shown = this.player.frame; this.solidStep(false) } return }
    this.canvas.hidden = false;
    if (!this.gd._fullLayout.xaxis) return;
    paint(this.canvas, this.gd, this.cities?.marks || this.picture.marks, this.player.position, this.options);
    this.painted = this.player.frame;
    if (!this.handle.hidden) this.placeHandle(this.held);
    this.cities?.place();
  }

  get held() {                                           // where the handle is: at the start, or at the answer to a question
    if (this.clicks !== 'point') return this.dragged || this.picture.start;
    const S = scales(this.gd), middle = axis => tidy(axis, axis.from + axis.size / 2);
    return this.guess || [middle(S.x), middle(S.y)];
  }

  placeHandle([x, y]) {
    const S = scales(this.gd), px = S.x.px(x), py = S.y.px(y);
    this.handle.style.transform = `translate(${Math.max(S.x.from, Math.min(S.x.from + S.x.size, px)) - 15}px, ${Math.max(S.y.from, Math.min(S.y.from + S.y.size, py)) - 15}px)`;
    const where = this.picture.axes === 'x' ? `x = ${number(x)}` : `${number(x)}, ${number(y)}`;
    const {sets} = this.picture, pointing = this.clicks === 'point';
    const name = pointing ? `Your answer at ${where}. Move it with the arrow keys and press Enter.` : `${sets ? `${sets} = ${number(x)}` : `Start point at ${where}`}. Drag it, or move it with the arrow keys.`;
    if (this.handle.ariaLabel !== name) { this.handle.ariaLabel = name; this.handle.title = pointing ? '' : `Drag ${sets ? 'it' : 'the start'}, or click anywhere on the picture` }
  }

  point(e) {                                             // event -> plot coordinates, or null outside the axes
    const box = this.gd.getBoundingClientRect(), S = scales(this.gd), px = e.clientX - box.left, py = e.clientY - box.top;
    if (px < S.x.from || px > S.x.from + S.x.size || py < S.y.from || py > S.y.from + S.y.size) return null;
    return [tidy(S.x, px), tidy(S.y, py)];
  }

  drag(e) {
    if (e.button) return;
    e.preventDefault(); e.stopPropagation(); this.handle.focus(); this.handle.setPointerCapture(e.pointerId);
    const end = new AbortController(), {signal} = end;
    const move = (e, last) => {
      const point = this.point(e);
      if (point) { this.dragged = this.picture.axes === 'x' ? [point[0], this.picture.start[1]] : point; this.handle.dataset.drag = ''; this.placeHandle(this.dragged); this.player.choose(this.dragged, last) }
      if (last) { end.abort(); delete this.handle.dataset.drag; setTimeout(() => { this.dragged = null }, 400) }
    };
    this.handle.addEventListener('pointermove', e => move(e, false), {signal});
    this.handle.addEventListener('pointerup', e => move(e, true), {signal});
    this.handle.addEventListener('pointercancel', () => end.abort(), {signal});
  }

  nudge(e) {
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[e.key], pointing = this.clicks === 'point';
    if (pointing && (e.key === 'Enter' || e.key === ' ')) { e.preventDefault(); return this.answer(this.held) }
    if (!way) return;
    e.preventDefault(); e.stopPropagation();
    const S = scales(this.gd), by = e.shiftKey ? .1 : .01;
    const [x, y] = this.held;
    if (pointing) { this.guess = ['x', 'y'].map((name, i) => tidy(S[name], Math.max(S[name].from, Math.min(S[name].from + S[name].size, S[name].px(this.held[i]) + (i ? -1 : 1) * way[i] * by * S[name].size)))); return this.paint() }
    this.dragged = [tidy(S.x, S.x.px(x) + way[0] * by * S.x.size), this.picture.axes === 'x' || !way[1] ? y : tidy(S.y, S.y.px(y) - way[1] * by * S.y.size)];
    if (!way[0]) this.dragged[0] = x;
    const chosen = this.dragged;                         // the end of a drag just before may take it away meanwhile
    this.placeHandle(chosen);
    clearTimeout(this.nudging); this.nudging = setTimeout(() => { this.player.choose(chosen, true); setTimeout(() => { this.dragged = null }, 600) }, 160);
  }

  read(e) {
    const readout = this.player.scene?.card ? null : this.picture?.readout;
    if (!readout || this.solid || e.buttons || !this.gd._fullLayout) { this.tip.hidden = true; return }
    const box = this.box.getBoundingClientRect(), hit = nearest(this.gd, readout, this.player.frame, e.clientX - box.left, e.clientY - box.top);
    this.tip.hidden = !hit;
    if (!hit) return;
    const head = hit.member === null ? `${this.player.scene.word} ${hit.step}` : `${readout.member} ${hit.member + readout.first}`;
    const parts = readout.values.map(([name, v]) => {
      const now = hit.member !== null && steady(readout.x) && steady(v) ? v : v[hit.step];
      return `${name} = ${number(hit.member === null || typeof now === 'number' ? now : now[hit.member])}`;
    });
    setText(this.tip, [head, ...parts].join('   '));
    const wide = this.tip.offsetWidth, left = Math.max(4, Math.min(this.box.clientWidth - wide - 4, hit.x - wide / 2));
    this.tip.style.transform = `translate(${left}px, ${hit.y > 52 ? hit.y - 44 : hit.y + 18}px)`;
  }

  zoomed() {
    if (this.solid || !this.large || !this.gd._fullLayout?.xaxis) { this.reset.hidden = true; return }
    const X = this.gd._fullLayout.xaxis;
    if (this.fresh !== this.version) { this.fresh = this.version; this.homeRange = {'xaxis.range': [...X.range], 'yaxis.range': [...this.gd._fullLayout.yaxis.range]} }
    const Y = this.gd._fullLayout.yaxis, width = r => Math.abs(r[1] - r[0]);
    this.reset.hidden = width(X.range) > .98 * width(this.homeRange['xaxis.range']) && width(Y.range) > .98 * width(this.homeRange['yaxis.range']);
  }

  unzoom() { window.Plotly.relayout(this.gd, {'xaxis.range': [...this.home.xaxis.range], 'yaxis.range': [...this.home.yaxis.range]}).then(() => { this.reset.hidden = true; this.paint() }) }

  resize() {
    const width = this.box.clientWidth, height = this.box.clientHeight, now = this.gd._fullLayout;
    if (!now || !width || (now.width === width && now.height === height)) return;
    const zoomed = !this.reset.hidden;
    // equal units had widened the ranges for the old size, and Plotly wrote that into its layout
    const ranges = zoomed || this.solid || !this.home?.xaxis ? {} : {'xaxis.range': [...this.home.xaxis.range], 'yaxis.range': [...this.home.yaxis.range]};
    window.Plotly.relayout(this.gd, {width, height, ...ranges}).then(() => { if (!zoomed) this.fresh = null; this.zoomed(); this.paint() });
  }

  drawKey(entries, upright) {                            // an upright scale has its ends written at its ends
    const text = JSON.stringify([entries, upright]);
    if (this.keyText === text) return;
    this.keyText = text; this.key.hidden = !entries.length || Boolean(this.cities?.on);
    this.key.replaceChildren(...entries.map(entry => {
      const scale = entry.sign === 'scale', ends = upright ? entry.label.split(/ … |–/) : [];
      return make('span', {class: 'lab-key-entry' + (scale ? ' lab-key-scale' : '')}, ...(scale && ends.length === 2 ? [ends[0], sign(entry), ends[1]] : [sign(entry), entry.label]));
    }));
  }

  drawChoices(picture) {
    const text = JSON.stringify([picture.choices, picture.chosen]);
    if (this.choiceText === text) return;
    this.choiceText = text;
    this.choices.replaceChildren(...Object.entries(picture.choices).map(([key, options]) => {
      const select = make('select', {'aria-label': key === 'axis' ? 'Horizontal axis' : key, onchange: e => this.player.send('view', {[key]: e.target.value})});
      for (const [value, name] of options) select.append(make('option', {value, selected: picture.chosen[key] === value}, name));
      return select;
    }));
  }

  leave() { this.stop.abort(); this.sizes.disconnect(); clearTimeout(this.later); this.cities?.leave(); if (this.gd._fullLayout) window.Plotly.purge(this.gd); this.node.remove() }
}

const SVG = 'http://www.w3.org/2000/svg';
const PATHS = {
  circle: '<circle cx="9" cy="9" r="6"/>', diamond: '<path d="M9 2 16 9 9 16 2 9z"/>', square: '<path d="M3 3h12v12H3z"/>',
  star: '<path d="M9 1.2l2.3 5 5.5.6-4.1 3.7 1.2 5.4L9 13.1l-4.9 2.8 1.2-5.4L1.2 6.8l5.5-.6z"/>', triangle: '<path d="M9 3l7 12H2z"/>', 'triangle-down': '<path d="M9 15 2 3h14z"/>',
  x: '<path d="M4 4l10 10M14 4L4 14" fill="none"/>', cross: '<path d="M9 2v14M2 9h14" fill="none"/>', fork: '<path d="M9 17V9L4 2M9 9l5-7" fill="none"/>',
};

export function sign({sign: name, color, outline, colors}) {
  const span = make('span', {class: 'lab-sign'});
  if (name === 'scale') { span.classList.add('lab-scale'); span.style.setProperty('--scale', colors.join(',')); return span }
  const svg = document.createElementNS(SVG, 'svg'), line = ['line', 'dot', 'dash', 'arrow'].includes(name), wide = line ? 30 : 18;
  svg.setAttribute('viewBox', `0 0 ${wide} 18`); svg.setAttribute('width', wide); svg.setAttribute('height', 18);
  if (line) svg.innerHTML = `<path d="M2 9h${name === 'arrow' ? 18 : 26}" fill="none" stroke="${color}" stroke-width="3" ${name === 'dot' ? 'stroke-dasharray="3 4"' : name === 'dash' ? 'stroke-dasharray="8 5"' : ''}/>`
    + (name === 'arrow' ? `<path d="M28 9l-10-5v10z" fill="${color}"/>` : '');
  else {
    if (name === 'hatch') { svg.innerHTML = `<path d="M1 3h16v12H1z" fill="${outline}"/><path d="M1 9l6-6M1 15L13 3M7 15L17 5M13 15l4-4" fill="none" stroke="${color}" stroke-width="1.2"/>`; span.append(svg); return span }
    const base = name.replace('-open', '').replace('-up', ''), hollow = name.endsWith('-open') || ['x', 'cross', 'fork'].includes(base);
    if (!PATHS[base]) throw new Error(`there is no sign '${name}'`);
    svg.innerHTML = `<g fill="${hollow ? 'none' : color}" stroke="${hollow ? color : outline || 'none'}" stroke-width="${hollow ? 2.4 : 1.5}">${PATHS[base]}</g>`;
  }
  span.append(svg); return span;
}
