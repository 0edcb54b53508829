// Placing, dragging and removing the cities of a map: a click on the map adds one, a click on a city takes it out.
import {scales, tidy} from './painter.js';
import {make, number, setText} from './words.js';

const FEWEST = 3, MOST = 60;                             // a tour's least, and what a link holds
const HELP = 'Click the map to add a city. Drag a city to move it, click it to remove it.';
const PAIRS = [['x', 'y'], ['x2', 'y2']];

export class Cities {
  constructor(chart) {
    this.chart = chart; this.on = false; this.handles = []; this.moved = null;
    this.toggle = make('button', {type: 'button', class: 'lab-edit', 'aria-pressed': 'false', hidden: true, onclick: () => this.turn(!this.on)}, 'Edit cities');
    this.layer = make('div', {class: 'lab-cities', role: 'group', 'aria-label': 'Cities', hidden: true});
    this.hint = make('p', {class: 'lab-hint', role: 'status', hidden: true});
    this.layer.addEventListener('keydown', e => { if (e.key === 'Escape') { e.preventDefault(); this.turn(false); this.toggle.focus() } });
  }

  get places() { return this.chart.picture.cities }
  get marks() { return this.moved?.marks }               // the picture's marks with the city where the hand has it

  show(picture) {
    const {scene} = this.chart.player, possible = Boolean(picture.cities) && !scene.card && !scene.lock;
    this.moved = null; clearTimeout(this.late); this.toggle.hidden = !possible;
    if (possible) this.draw(); else if (this.on) this.turn(false);
  }

  turn(on) {
    this.on = on; this.toggle.ariaPressed = String(on); this.layer.hidden = !on; this.moved = null; this.say(''); this.chart.key.hidden = on || !this.chart.picture.key.length;
    if (on) this.draw();
    this.chart.clicked(); this.chart.paint();
  }

  say(problem) {                                         // a refusal stays for a while, then the help is back
    clearTimeout(this.saying); this.hint.hidden = !this.on; setText(this.hint, problem || HELP); this.hint.classList.toggle('lab-refusal', Boolean(problem));
    if (problem) this.saying = setTimeout(() => this.say(''), 4000);
  }

  draw() {
    const count = this.places.length, at = this.handles.indexOf(document.activeElement);
    while (this.handles.length > count) this.handles.pop().remove();
    while (this.handles.length < count) this.handles.push(this.layer.appendChild(this.handle(this.handles.length)));
    if (at >= count) this.handles.at(-1)?.focus();
    this.place();
  }

  handle(i) {
    const node = make('button', {type: 'button', class: 'lab-city'});
    node.addEventListener('pointerdown', e => this.grab(e, i)); node.addEventListener('keydown', e => this.key(e, i));
    return node;
  }

  place() {                                              // over the painted cities, those out of the zoomed view hidden
    if (!this.on || !this.places) return;
    const S = scales(this.chart.gd);
    this.handles.forEach((node, i) => {
      const [x, y] = this.moved?.i === i ? this.moved.at : this.places[i], px = S.x.px(x), py = S.y.px(y);
      node.style.transform = `translate(${px - 12}px, ${py - 12}px)`;
      node.hidden = px < S.x.from || px > S.x.from + S.x.size || py < S.y.from || py > S.y.from + S.y.size;
      const name = `City ${i}, at ${number(x)}, ${number(y)}; ${i + 1} of ${this.places.length}`;  // numbered from 0, as on the map
      if (node.ariaLabel !== name) { node.ariaLabel = name; node.ariaDescription = 'Arrow keys move it, Delete removes it, plus adds one beside it.'; node.title = `City ${i}: drag to move, click to remove` }
    });
  }

  send(message) { this.chart.player.send('cities', message) }
  add(at) { if (this.places.length >= MOST) this.say(`A map holds at most ${MOST} cities.`); else this.send({add: at}) }
  remove(i) { if (this.places.length <= FEWEST) this.say(`A tour needs at least ${FEWEST} cities.`); else this.send({remove: i}) }

  showAt(i, at) {                                       // the city and all lines that end in it, before the server knows
    if (this.moved?.i !== i) {
      const [x, y] = this.places[i], touched = [], {marks} = this.chart.picture;
      const copy = mark => {
        const found = {};
        for (const pair of PAIRS) {
          const [xs, ys] = pair.map(name => mark[name]);
          if (!xs || typeof xs[0] !== 'number') continue;
          const hits = Array.from(xs.keys()).filter(j => xs[j] === x && ys[j] === y);
          if (hits.length) { found[pair[0]] = xs.slice(); found[pair[1]] = ys.slice(); touched.push([found[pair[0]], found[pair[1]], hits]) }
        }
        return {...mark, ...found};
      };
      this.moved = {i, touched, marks: marks.map(copy)};
    }
    this.moved.at = at;
    for (const [xs, ys, hits] of this.moved.touched) for (const j of hits) { xs[j] = at[0]; ys[j] = at[1] }
    this.chart.paint();
  }

  move(i) {                                              // told once, when the hand lets go; if no answer comes, all is as before
    this.send({move: [i, ...this.moved.at]});
    clearTimeout(this.late); this.late = setTimeout(() => { this.moved = null; this.chart.paint() }, 4000);
  }

  grab(e, i) {
    if (e.button || !e.isPrimary) return;
    e.preventDefault(); e.stopPropagation();
    const node = this.handles[i], from = [e.clientX, e.clientY], end = new AbortController(), {signal} = end;
    let dragged = false;
    node.focus(); node.setPointerCapture(e.pointerId);
    node.addEventListener('pointermove', e => {
      if (!dragged && Math.hypot(e.clientX - from[0], e.clientY - from[1]) <= 4) return;
      dragged = true; node.dataset.drag = '';
      const at = this.chart.point(e); if (at) this.showAt(i, at);
    }, {signal});
    const release = kept => { end.abort(); delete node.dataset.drag; if (!kept) { this.moved = null; this.chart.paint() } else if (!dragged) this.remove(i); else if (this.moved) this.move(i) };
    node.addEventListener('pointerup', () => release(true), {signal});
    node.addEventListener('pointercancel', () => release(false), {signal});
  }

  key(e, i) {
    if (e.key === 'Delete' || e.key === 'Backspace') { e.preventDefault(); return this.remove(i) }
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], '+': [1, 1], Insert: [1, 1]}[e.key];
    if (!way) return;
    e.preventDefault();
    const S = scales(this.chart.gd), [x, y] = this.moved?.i === i ? this.moved.at : this.places[i], adds = way[0] && way[1];
    const to = (axis, v, sign) => { const a = S[axis], p = a.px(v) + sign * a.size * (adds ? .06 : e.shiftKey ? .1 : .01); return sign ? tidy(a, Math.max(a.from, Math.min(a.from + a.size, adds && p > a.from + a.size ? 2 * a.px(v) - p : p))) : v };
    const at = [to('x', x, way[0]), to('y', y, way[1])];
    if (adds) return this.add(at);
    this.showAt(i, at);
    clearTimeout(this.nudging); this.nudging = setTimeout(() => { if (this.moved?.i === i) this.move(i) }, 300);
  }

  leave() { clearTimeout(this.saying); clearTimeout(this.late); clearTimeout(this.nudging) }
}
