// The update rule with this frame's numbers in it, and the table of numbers around this frame.
import {make, number, setText, unbroken} from './words.js';

export class Rule {
  constructor() {
    this.note = make('span', {class: 'lab-quiet'}); this.title = make('h2', {class: 'lab-chart-title'}); this.lines = make('div', {class: 'lab-rule-lines'});
    this.node = make('section', {class: 'lab-rule', 'aria-label': 'Update rule', tabindex: 0, onscroll: () => this.cut()}, this.title, this.note, this.lines);
    this.sizes = new ResizeObserver(() => this.cut()); this.sizes.observe(this.node); this.sizes.observe(this.lines);
  }

  // a line is there as a whole or not at all: half of an equation would say something else; "more" says to scroll.
  // Where there is no room for more than the first one, that one is there as far as it goes.
  cut() {
    const box = this.node.getBoundingClientRect();
    for (const [i, line] of [...this.lines.children].entries()) {
      const at = line.getBoundingClientRect(), whole = at.bottom <= box.bottom + 2 || at.height > 0.8 * box.height || i < 2;
      line.style.visibility = whole || at.top >= box.bottom ? '' : 'hidden';
    }
    this.node.toggleAttribute('data-more', this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight > 4);
  }
  leave() { this.sizes.disconnect() }

  show(equation, frames) {
    this.equation = equation; this.frames = frames; this.node.hidden = !equation;
    if (!equation) return;
    const text = JSON.stringify(equation.lines);
    if (this.text !== text) {
      this.text = text;
      this.lines.replaceChildren(...equation.lines.flatMap(([symbols, numbers]) => [symbols, numbers].filter(Boolean).map((markup, i) => {
        const line = make('div', {class: i ? 'lab-rule-numbers' : 'lab-rule-symbols'}); line.innerHTML = markup; return line;
      })));
      this.cells = [...this.lines.querySelectorAll('[data-slot]')].map(node => ({node, slot: node.dataset.slot, cell: +node.dataset.cell || 0}));
      this.cases = [...this.lines.querySelectorAll('[data-when]')];           // what is shown only in some frames
      this.waiting = [...this.lines.querySelectorAll('tr[data-waiting]')];   // rows that are blank while they have no number
    }
    this.note.hidden = !equation.note;
  }

  moved(k) {
    if (!this.equation) return;
    // at the end there is no next step: the last one stays to be read
    const count = this.frames, own = this.equation.title, at = Math.max(0, Math.min(k, count - (own ? 1 : 2)));
    for (const {node, slot, cell} of this.cells) { const row = this.equation.slots[slot]?.[at]; setText(node, number(typeof row === 'number' ? row : row?.[cell])) }
    for (const node of this.cases) node.style.display = this.equation.slots[node.dataset.when]?.[at]?.[0] === +node.dataset.case ? '' : 'none';
    const times = this.equation.slots.times?.[at], drawn = times === undefined || times !== times ? '' : times === 1 ? 'at true length' : `${+times.toPrecision(2)} times as long`;
    setText(this.note, unbroken(this.equation.note.replace('{times}', drawn)));
    setText(this.title, own ? own : count < 2 ? 'No step was taken' : `The ${at === k ? 'next' : 'last'} step, ${number(at)} → ${number(at + 1)}`);
    for (const row of this.waiting) row.style.visibility = [...row.querySelectorAll('[data-slot]')].every(cell => cell.textContent === '–') ? 'hidden' : '';
  }
}

const ROWS = 20;

export class Numbers {
  constructor(player) {
    this.player = player; this.head = make('tr'); this.body = make('tbody');
    this.table = make('table', {}, make('thead', {}, this.head), this.body);
    this.node = make('section', {class: 'lab-numbers', 'aria-label': 'Numbers'}, make('h2', {class: 'lab-chart-title'}, 'Numbers'), make('div', {class: 'lab-scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of numbers'}, this.table));
    this.watch = new IntersectionObserver(entries => { this.seen = entries.at(-1).isIntersecting; this.middle = null; if (this.seen && this.player.scene) this.moved(this.player.frame) });
    this.watch.observe(this.node);
  }

  show(scene) {
    this.columns = scene.table; this.node.hidden = !this.columns.length;
    this.head.replaceChildren(...this.columns.map(([name]) => make('th', {scope: 'col'}, name)));
    const count = Math.min(ROWS, scene.frames);
    this.rows = Array.from({length: count}, () => make('tr', {}, ...this.columns.map(() => make('td'))));
    this.body.replaceChildren(...this.rows); this.frames = scene.frames; this.middle = null;
  }

  leave() { this.watch.disconnect() }

  moved(k) {
    if (!this.seen || !this.columns.length) return;
    const scroll = this.node.querySelector('.lab-scroll'), first = Math.max(0, Math.min(this.frames - this.rows.length, k - (ROWS >> 1)));
    this.rows.forEach((row, i) => {
      const frame = first + i;
      if (frame === k) row.setAttribute('aria-current', 'step'); else row.removeAttribute('aria-current');
      this.columns.forEach(([, values], c) => setText(row.cells[c], number(values[frame])));
    });
    if (this.middle === k - first) return;                // mostly the rows move past the same place: nothing to lay out anew
    this.middle = k - first;
    scroll.scrollTop = this.rows[this.middle].offsetTop - scroll.clientHeight / 2;
  }
}
