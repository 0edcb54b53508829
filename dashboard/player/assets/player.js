// The player: pictures, convergence, equation, numbers and outcome of one run, all moved by one timeline.
import {Chart} from './chart.js';
import {Numbers, Rule} from './readings.js';
import {save} from './save.js';
import {Timeline} from './timeline.js';
import {unpack} from './unpack.js';
import {make, setText, unbroken} from './words.js';

const mounted = new WeakMap();

class Player {
  constructor(root) {
    this.root = root; this.position = 0; this.atEnd = true; this.both = false; this.charts = new Map(); this.scene = null;
    this.stop = new AbortController();
    this.build();
    document.addEventListener('keydown', e => this.key(e), {signal: this.stop.signal});
    // a link below the picture moves the knobs: whoever follows it wants to see what becomes of the run
    document.addEventListener('click', e => {
      const link = !this.root.contains(e.target) && e.target.closest?.('a[href], .st-key-tries button, .st-key-paging button');
      this.called = Boolean(link) && link.matches('[href*="playground"], .st-key-tries *');
      if (link && link.matches('.st-key-paging *')) this.root.closest('[data-testid=stMain]')?.scrollTo(0, 0);  // the next screen of a lesson
    }, {capture: true, signal: this.stop.signal});
    // a card moves while it is hovered or focused, and shows the whole run at rest
    const wake = () => { if (this.scene?.card && !this.timeline.playing && !this.timeline.calm.matches) this.timeline.start() };
    const rest = () => { if (this.scene?.card) this.timeline.jump(this.scene.card.rest) };
    for (const [event, act] of [['pointerenter', wake], ['focusin', wake], ['pointerleave', rest], ['focusout', rest]]) root.addEventListener(event, act, {signal: this.stop.signal});
    this.skip = make('a', {class: 'lab-skip', href: '#lab-play', onclick: e => { e.preventDefault(); this.timeline.play.focus() }}, 'Skip to the player');
  }

  build() {
    this.title = make('h1', {class: 'lab-title'}); this.subtitle = make('p', {class: 'lab-subtitle'});
    this.copy = make('button', {type: 'button', class: 'lab-button', onclick: () => this.copyText(this.url(), this.copy)}, 'Copy link');
    this.save = make('button', {type: 'button', class: 'lab-button', title: 'Save this frame as a PNG', onclick: () => this.keep()}, 'Save picture');
    this.actions = make('div', {class: 'lab-actions'}, this.copy, this.save);
    this.main = make('div', {class: 'lab-main'}); this.tabs = make('div', {class: 'lab-tabs', role: 'tablist', 'aria-label': 'Small charts'});
    this.side = make('div', {class: 'lab-side'}, this.tabs);
    this.timeline = new Timeline(this); this.rule = new Rule(); this.numbers = new Numbers(this);
    this.outcome = make('div', {class: 'lab-outcome', role: 'status'});
    this.fault = make('p', {class: 'lab-fault', role: 'alert', hidden: true});
    this.root.replaceChildren(this.fault, make('header', {class: 'lab-head'}, make('div', {}, this.title, this.subtitle), this.actions),
      make('div', {class: 'lab-grid'}, this.main, this.side, this.rule.node, this.outcome), this.numbers.node);
    this.main.append(this.timeline.node);
  }

  get frame() { return Math.floor(this.position) }
  get last() { return this.scene.frames - 1 }

  // scenes may arrive faster than they can be drawn: only the newest waiting one is kept
  show(scene) {
    this.waiting = scene;
    this.work ??= (async () => { while (this.waiting) { const next = this.waiting; this.waiting = null; await this.draw(next) } })()
      .catch(error => { this.fault.hidden = false; setText(this.fault, `The picture could not be drawn: ${error.message}.`); console.error(error) })
      .finally(() => { this.work = null });
    return this.work;
  }

  async draw(scene) {
    const before = this.scene, unlocked = Boolean(before?.lock) && !scene.lock, turned = before && before.inside !== scene.inside;
    const told = before?.report && !scene.report;          // what is explained now speaks of the whole run, and so does what a link asks to try
    const stay = before && !before.lock && !turned && !told && !this.called && !this.atEnd;  // where the learner was, a knob change does not move
    const opens = scene.at < 0 || before && !turned ? scene.frames - 1 : scene.at;
    this.scene = scene; this.fault.hidden = true; this.chosen = null;
    this.position = unlocked || turned && scene.inside >= 0 ? 0 : stay ? Math.min(this.position, this.last) : scene.card ? scene.card.rest : Math.min(opens, this.last);
    this.atEnd = this.position >= this.last;
    if (this.timeline.playing && (turned || this.position >= this.last)) this.timeline.halt();
    this.lock(scene, unlocked);
    for (const [name, value] of Object.entries(scene.colors)) this.root.style.setProperty(name, value);
    setText(this.title, unbroken(scene.title)); setText(this.subtitle, unbroken(scene.subtitle));
    const followed = this.outcome.contains(document.activeElement);
    this.outcome.hidden = !scene.outcome[0]; this.outcome.replaceChildren(make('strong', {}, scene.outcome[0] + '.'), ' ' + unbroken(scene.outcome[1]), ...this.verdict(scene));
    if (followed) this.timeline.play.focus({preventScroll: true});   // the link that was followed is gone
    this.both = this.both && Boolean(scene.ghost);
    this.invite(scene.card);
    this.timeline.show(scene); this.rule.show(scene.equation, scene.frames); this.numbers.show(scene);
    const wanted = new Set(scene.pictures.map(p => p.id));
    for (const [id, chart] of this.charts) if (!wanted.has(id)) { chart.leave(); this.charts.delete(id) }
    this.drawTabs(scene.pictures.slice(1).map(p => p.id));
    await Promise.all(scene.pictures.map((picture, i) => {
      let chart = this.charts.get(picture.id);
      if (chart && chart.large !== (i === 0)) { chart.leave(); chart = null }
      if (!chart) {
        this.charts.set(picture.id, chart = new Chart(this, i === 0));
        if (i === 0) this.main.prepend(chart.node); else { this.side.append(chart.node); this.pick() }
      }
      return chart.show(picture);
    }));
    this.moved(true);
    if (this.called) { this.called = false; this.root.scrollIntoView({block: 'nearest'}); for (let i = 0; i < 2 && this.root.getBoundingClientRect().top < 0; i++) this.root.scrollIntoView() }  // twice: a sticky player lets the first pass by
    await new Promise(painted => { requestAnimationFrame(() => requestAnimationFrame(painted)); setTimeout(painted, 200) });
    this.root.dataset.run = scene.run;
    if (unlocked) this.offer();
  }

  // how the path went, and a change that does better: followed here, it leaves the run as a ghost
  verdict({course, advice: [change, changes], link}) {
    const follow = e => {
      if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
      e.preventDefault(); this.atEnd = true; this.called = this.root.getBoundingClientRect().top < 0; this.send('advice', changes);
    };
    const said = make('p', {class: 'lab-course'}, unbroken(course));
    if (change) said.append(' ', make('a', {class: 'lab-advice', href: `?${new URLSearchParams({...Object.fromEntries(new URLSearchParams(link)), ...changes})}`, onclick: follow}, `Try: ${unbroken(change[0].toLowerCase() + change.slice(1))}`));
    return course || change ? [said] : [];
  }

  lock(scene, unlocked) {                                // while a question is open there is one picture, and nothing to play
    const locked = Boolean(scene.lock);
    this.root.toggleAttribute('data-locked', locked); this.actions.hidden = locked; this.side.hidden = locked; this.skip.hidden = locked;
    if (locked) this.reported = null;
    this.root.toggleAttribute('data-fresh', unlocked || this.root.hasAttribute('data-fresh') && !locked);
    if (scene.inside >= 0) this.root.dataset.inside = scene.inside; else delete this.root.dataset.inside;
  }

  // the button of the answer may be gone, and the focus with it: Play is what comes next
  offer() { for (const wait of [0, 500]) setTimeout(() => { if (document.activeElement === document.body) this.timeline.play.focus({preventScroll: true}) }, wait) }

  finished() {                                           // the end was seen: told once for each run, if anyone asked
    const {scene} = this;
    if (!scene.report || scene.inside >= 0 || this.reported === scene.run) return;
    this.reported = scene.run; this.send('played', scene.run);
  }

  async keep() {
    try { await save(this) } catch (error) { this.fault.hidden = false; setText(this.fault, `The picture could not be saved: ${error.message}.`); console.error(error) }
  }

  drawTabs(ids) {                                        // where the window is low the small charts share one place
    if (!ids.includes(this.tab)) this.tab = ids[0];
    this.tabs.hidden = ids.length < 2; this.side.toggleAttribute('data-many', ids.length > 2);
    const pick = id => { this.tab = id; const at = ids.indexOf(id), beside = ids[at + 1 < ids.length ? at + 1 : at - 1];
      for (const [key, chart] of this.charts) { chart.node.toggleAttribute('data-on', key === id); chart.node.toggleAttribute('data-beside', key === beside) } for (const b of this.tabs.children) b.ariaSelected = b.dataset.id === id };
    this.tabs.replaceChildren(...ids.map(id => make('button', {type: 'button', role: 'tab', 'data-id': id, onclick: () => pick(id)}, id[0].toUpperCase() + id.slice(1).replaceAll('-', ' '))));
    this.pick = () => pick(this.tab); this.pick();
  }

  invite(card) {
    this.root.classList.toggle('lab-card', Boolean(card));
    if (!card) { if (!this.skip.isConnected) document.body.prepend(this.skip); return }
    this.link ??= this.root.appendChild(make('a', {class: 'lab-card-link'}));
    this.link.href = card.href; this.link.replaceChildren(make('strong', {}, this.scene.title), make('span', {}, card.invitation));
  }

  to(position) { this.position = Math.max(0, Math.min(this.last, position)); this.atEnd = this.position >= this.last; this.moved(true); if (this.atEnd) this.finished() }

  moved(settled) {                                       // everything that follows the timeline
    const k = this.frame;
    for (const chart of this.charts.values()) chart.paint(!settled);
    this.timeline.moved(k);
    const now = performance.now();
    // numbers change at iterates, and while playing no faster than they can be read
    if (settled || now - (this.read || 0) > 80) { this.read = now; this.rule.moved(k); this.numbers.moved(k) }
    const data = this.root.dataset;
    data.frame = k; data.frames = this.scene.frames; data.playing = this.timeline.playing;
  }

  choose([x, y], last) {                                 // a new start: the newest waits until the one before is painted
    if (!last && this.chosen && performance.now() - this.chosen < 1000) return;
    this.chosen = performance.now();
    this.send('start', {x, y});
  }

  key(e) {
    const target = e.target, inside = this.root.contains(target);
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || !this.scene || this.scene.card || this.scene.lock || !(inside || target === document.body)) return;
    if (/^(SELECT|TEXTAREA)$/.test(target.tagName) || target.tagName === 'INPUT' && target.type !== 'range') return;
    if (e.key === ' ' && target.tagName === 'BUTTON') return;
    const act = {ArrowLeft: () => this.timeline.step(-1), ArrowRight: () => this.timeline.step(1), ' ': () => this.timeline.toggle(),
      Home: () => this.timeline.jump(0), End: () => this.timeline.jump(this.last)}[e.key];
    if (act) { e.preventDefault(); act() }
  }

  url() {                                                // the link of this experiment at this frame
    const query = new URLSearchParams(this.scene.link);
    if (this.atEnd && this.scene.inside < 0) query.delete('view.frame'); else query.set('view.frame', this.frame);
    return `${location.origin}${location.pathname}?${query}`;
  }

  async copyText(text, button) {
    const before = button.textContent;
    try { await navigator.clipboard.writeText(text) } catch {
      const field = make('textarea', {class: 'lab-hidden'}); field.value = text; this.root.append(field); field.select(); document.execCommand('copy'); field.remove();
    }
    setText(button, 'Copied'); setTimeout(() => setText(button, before), 1500);
  }

  leave() {
    this.stop.abort(); this.timeline.leave(); this.rule.leave(); this.numbers.leave(); this.skip.remove();
    for (const chart of this.charts.values()) chart.leave();
    mounted.delete(this.root);
  }
}

export default function ({parentElement, data, setTriggerValue}) {
  const root = parentElement.querySelector('[data-player]');
  let player = mounted.get(root);
  if (!player) mounted.set(root, player = new Player(root));
  player.send = setTriggerValue;
  if (data) {
    const scene = unpack(data), scheme = getComputedStyle(parentElement).colorScheme;
    player.show(scene);
    // the theme was switched in the menu, of which Streamlit tells its components but not the script
    if (['light', 'dark'].includes(scheme) && scheme !== scene.colors['color-scheme'] && player.asked !== scheme) setTriggerValue('theme', scheme);
    player.asked = scheme;
  }
  return () => setTimeout(() => { if (!root.isConnected) player.leave() });
}
