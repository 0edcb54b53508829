// The controls: to start, back, play, step, to end, scrub, speed, bookmarks; and the clock that plays.
import {sign} from './chart.js';
import {make, number, setText} from './words.js';

const ICONS = {
  start: 'M4 3v14M17 3 7 10l10 7z', back: 'M5 3v14M15 3 8 10l7 7z', play: 'M5 3l12 7-12 7z', pause: 'M6 3v14M14 3v14', step: 'M15 3v14M5 3l7 7-7 7z', end: 'M16 3v14M3 3l10 7-10 7z',
  inside: 'M8.5 3a5.5 5.5 0 1 0 .01 0zM12.6 12.6 17.5 17.5M8.5 6v5M6 8.5h5', out: 'M4 8h9a4.5 4.5 0 0 1 0 9H9M8 3.5 3.5 8 8 12.5',
  lock: 'M4 10h12v7H4zM5.5 10V7a4.5 4.5 0 0 1 9 0v3h-1V7a3.5 3.5 0 0 0-7 0v3z',
};
const STROKES = {pause: 4, inside: 2, out: 2};           // icons that are not filled: the width of their lines
const SIGN_COLORS = {diamond: ['var(--best)', 'var(--text)'], fork: ['var(--text)'], triangle: ['var(--page)', 'var(--text)'], cross: ['var(--text)'], x: ['var(--text)']};
const MERGE = 12;                                        // ticks nearer than this many pixels become one,
const TIGHTEST = 4;                                      // steps by which the row of controls becomes narrower (player.css)
const RANK = ['cross', 'fork', 'triangle', 'diamond', 'x'];   // with the rarest sign of them

function icon(name) {
  const span = make('span', {class: 'lab-icon', 'aria-hidden': 'true'});
  span.innerHTML = `<svg viewBox="0 0 20 20" width="20" height="20"><path d="${ICONS[name]}" fill="${name in STROKES ? 'none' : 'currentColor'}" stroke="currentColor" stroke-width="${STROKES[name] || 2}" stroke-linejoin="round"/></svg>`;
  return span;
}

export class Timeline {
  constructor(player) {
    this.player = player; this.playing = false; this.speed = 1; this.marks = [];
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');
    const button = (name, label, act) => make('button', {type: 'button', class: 'lab-control', 'aria-label': label, title: label, onclick: act}, icon(name));
    this.play = button('play', 'Play', () => this.toggle()); this.play.classList.add('lab-play'); this.play.id = 'lab-play';
    this.range = make('input', {type: 'range', min: 0, step: 1, 'aria-label': 'Timeline', oninput: e => this.jump(+e.target.value)});
    this.ticks = make('div', {class: 'lab-ticks'});
    this.next = make('button', {type: 'button', class: 'lab-next', hidden: true, onclick: () => this.jump(this.upcoming.frame)});
    this.pace = make('select', {'aria-label': 'Speed', title: 'Speed', onchange: e => { this.speed = +e.target.value }},
      ...[.25, .5, 1, 2, 4, 8].map(v => make('option', {value: v, selected: v === 1}, `${v}×`)));
    this.both = make('input', {type: 'checkbox', 'aria-label': 'Play both', onchange: e => { this.player.both = e.target.checked; this.player.moved(true) }});
    this.bothLabel = make('label', {class: 'lab-both', hidden: true}, this.both, make('span', {}, 'Play'), 'both');
    this.count = make('output', {class: 'lab-count', 'aria-label': 'Frame'}); this.now = make('b'); this.total = make('span'); this.count.append(this.now, ' / ', this.total);
    this.closerWords = make('span', {class: 'lab-words'}); this.closerIcon = make('span');
    this.closer = make('button', {type: 'button', class: 'lab-closer', hidden: true, onclick: () => this.look()}, this.closerIcon, this.closerWords);
    this.why = make('span', {class: 'lab-why'}); this.promised = make('span');
    this.shut = make('button', {type: 'button', class: 'lab-control lab-shut', disabled: true}, icon('lock'));
    this.locked = make('div', {class: 'lab-row', hidden: true}, this.shut, this.why, make('output', {class: 'lab-count', 'aria-label': 'Frame'}, make('b', {}, '0'), ' / ', this.promised));
    this.track = make('div', {class: 'lab-track'}, this.range, this.ticks);
    this.node = make('div', {class: 'lab-bar', role: 'group', 'aria-label': 'Player controls'}, this.locked, this.track,
      this.row = make('div', {class: 'lab-row lab-controls'}, button('start', 'To start', () => this.jump(0)), button('back', 'Step back', () => this.step(-1)), this.play,
        button('step', 'Step', () => this.step(1)), button('end', 'To end', () => this.jump(this.player.last)), this.next, this.closer, this.pace, this.bothLabel, this.count));
    this.sizes = new ResizeObserver(() => { this.drawTicks(); this.fit() }); this.sizes.observe(this.ticks);
    document.fonts.ready.then(() => this.fit());
  }

  show(scene) {
    const last = scene.frames - 1, locked = Boolean(scene.lock);
    this.locked.hidden = !locked; this.track.hidden = locked; this.row.hidden = locked;
    setText(this.why, scene.lock); setText(this.promised, number(scene.promised)); this.shut.ariaLabel = scene.lock; this.shut.title = scene.lock;
    setText(this.closerWords, scene.closer); this.closerIcon.replaceChildren(icon(scene.inside >= 0 ? 'out' : 'inside')); this.closer.ariaLabel = this.closer.title = scene.closer;
    this.closer.hidden = !scene.closer || scene.inside < 0 && last < 1;
    this.range.max = last; setText(this.total, number(last)); this.now.style.minWidth = `${number(last).length}ch`;
    this.marks = scene.bookmarks; this.bothLabel.hidden = !scene.ghost; this.both.checked = this.player.both;
    this.bothLabel.title = scene.ghost ? `Let the last run (${scene.ghost}) move too` : '';
    this.upcoming = undefined; this.drawTicks(); this.fit();
  }

  // The row gives up words, step by step, until it fits; with the longest bookmark, so that nothing moves while playing
  fit() {
    const {row} = this, say = mark => `${mark.label.split(',')[0]}${mark.frame}`.length, few = +getComputedStyle(row).getPropertyValue('--rows') || 1;
    if (!row.clientWidth) return;
    this.announce(this.marks.reduce((most, mark) => !most || say(mark) > say(most) ? mark : most, undefined));
    for (let tight = 0; tight <= TIGHTEST; tight++) {
      row.dataset.tight = tight;
      if (row.clientHeight < (few + .5) * this.play.offsetHeight) break;
    }
    this.announce(this.upcoming);
  }

  announce(mark) {                                       // the bookmark to jump to
    this.next.hidden = !mark;
    if (!mark) return;
    const [color, outline] = SIGN_COLORS[mark.sign] || [];
    this.next.replaceChildren(sign({sign: mark.sign, color, outline}), make('span', {class: 'lab-words'}, `${mark.label.split(',')[0]},`), make('span', {}, number(mark.frame)));
    this.next.title = `Jump to ${this.player.scene.word} ${number(mark.frame)}: ${mark.label}`;
  }

  // 1× lasts between 4 and 12 seconds, whatever the number of steps
  get rate() { const last = this.player.last; return last / Math.min(12, Math.max(4, last / 60)) * this.speed }

  toggle() { if (this.playing) { this.halt(); this.player.position = this.player.frame; this.player.moved(true) } else this.start() }

  look() {                                               // into the frame that is shown, or back out of it
    const {scene, frame, last} = this.player;
    this.halt(); this.player.position = frame; this.player.moved(true);
    if (scene.inside >= 0) return this.player.send('view', {inside: -1, frame: this.from?.inside === scene.inside ? this.from.frame : scene.inside - scene.deeper});
    this.from = {frame, inside: Math.max(1, Math.min(last, frame + scene.deeper))};
    this.player.send('view', {inside: this.from.inside, frame: 0});  // the run's frame is no stage of what is inside
  }

  start() {
    const {player} = this;
    if (player.scene.lock) return;
    player.root.removeAttribute('data-fresh');
    if (player.last < 1) return player.finished();
    if (player.position >= player.last) player.position = 0;
    player.atEnd = false; this.playing = true; this.mark('pause', 'Pause'); this.clock = performance.now(); this.due = 0;
    player.moved(true);
    requestAnimationFrame(now => this.tick(now));
  }

  halt() { this.playing = false; this.mark('play', 'Play'); this.player.root.dataset.playing = false }
  mark(name, label) { this.play.replaceChildren(icon(name)); this.play.ariaLabel = label; this.play.title = label }
  jump(k) { this.player.root.removeAttribute('data-fresh'); this.halt(); this.player.to(k) }
  step(by) { this.jump(this.player.frame + by) }

  tick(now) {
    if (!this.playing || !this.player.root.isConnected) return;
    const passed = Math.min(100, Math.max(0, now - this.clock)); this.clock = now;
    const {player} = this, from = player.position;
    let to = from + passed / 1000 * this.rate;
    if (this.calm.matches) {                             // reduced motion: two still pictures a second
      this.due += passed;
      if (this.due < 500) return requestAnimationFrame(t => this.tick(t));
      this.due -= 500; to = Math.floor(from) + Math.max(1, Math.round(this.rate / 2));
    }
    if (this.rate > 60 || this.calm.matches) {           // frames may be skipped, a bookmark never
      const stop = this.marks.find(m => m.frame > Math.floor(from) && m.frame < Math.floor(to));
      to = stop ? stop.frame : Math.floor(to);
      if (!this.calm.matches && !stop) to = from + passed / 1000 * this.rate;
    }
    player.position = Math.min(player.last, to);
    if (player.position >= player.last) { player.position = player.last; player.atEnd = true; this.halt(); player.moved(true); player.finished(); return }
    player.moved(this.calm.matches);
    requestAnimationFrame(t => this.tick(t));
  }

  moved(k) {
    this.range.value = k; setText(this.now, number(k));
    this.range.style.setProperty('--done', `${100 * (this.player.position / Math.max(1, this.player.last))}%`);
    const word = this.player.scene.word, text = `${word} ${number(k)} of ${number(this.player.last)}`;
    if (!this.playing) this.range.setAttribute('aria-valuetext', text);
    const upcoming = this.marks.find(m => m.frame > k) || this.marks[0];
    if (upcoming !== this.upcoming) { this.upcoming = upcoming; this.announce(upcoming) }
  }

  drawTicks() {
    const wide = this.ticks.clientWidth, last = Math.max(1, this.range.max), groups = [];
    if (!wide) return;
    for (const m of this.marks) {
      const x = m.frame / last * wide, before = groups[groups.length - 1];
      if (before && x - before.x < MERGE) before.items.push(m); else groups.push({x, items: [m]});
    }
    this.ticks.replaceChildren(...groups.map(({x, items}) => {
      const label = items.map(m => `${number(m.frame)}: ${m.label}`).join('; '), kind = RANK.find(name => items.some(m => m.sign === name)) || items[0].sign, [color, outline] = SIGN_COLORS[kind] || ['var(--text)'];
      return make('button', {type: 'button', class: 'lab-tick', tabindex: -1, title: label, 'aria-label': `Jump to ${label}`, style: `left:${x}px`, onclick: () => this.jump(items[0].frame)},
        sign({sign: kind, color, outline}));
    }));
  }

  leave() { this.playing = false; this.sizes.disconnect() }
}
