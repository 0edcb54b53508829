// The picture at this frame as a PNG, twice as fine as the screen: title, what stands still, what moves, and the key.
import {sign} from './chart.js';
import {paint} from './painter.js';
import {make, number} from './words.js';

const FINE = 2, PAD = 16;                                // pixels of the file per pixel of the screen; the margin

function drawn(source) { const image = new Image(); image.src = source; return image.decode().then(() => image) }

function lines(g, text, width) {                         // words in lines that fit
  const found = [];
  for (const word of text.split(' ')) {
    const longer = found.length ? `${found.at(-1)} ${word}` : word;
    if (found.length && g.measureText(longer).width <= width) found[found.length - 1] = longer; else found.push(word);
  }
  return found;
}

// what is true of this frame, and of the run only as of its end
function said({scene, frame, last}) {
  const now = `${scene.word} ${number(frame)} of ${number(last)}`;
  if (frame >= last) return {title: scene.title, under: [scene.subtitle, now]};
  const column = name => scene.table.find(([other]) => other === name || other.startsWith(`${name} of `))?.[1][frame];
  const found = [['best f', 'best f so far'], ['best length', 'best so far'], ['way so far', 'way so far'], ['f', 'f ='], ['f of the child', 'f =']]
    .map(([name, words]) => [words, column(name)]).find(([, v]) => v !== undefined && v === v);
  const title = `${now[0].toUpperCase()}${now.slice(1)}${found ? ` · ${found[0]} ${number(found[1])}` : ''}`;
  const end = `at the end: ${scene.title}`, inside = scene.inside >= 0;
  return {title, under: inside ? [scene.subtitle, end] : [end, scene.subtitle]};
}

// the entries of the key with their signs as images, in rows
async function keyed(g, entries, width, size) {
  const rows = [[]];
  let x = 0;
  for (const entry of entries) {
    const svg = sign(entry).firstChild, wide = entry.colors?.length ? 44 : +svg.getAttribute('width'), text = g.measureText(entry.label).width;
    const image = entry.colors?.length ? null : await drawn(`data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`);
    if (x && x + wide + 6 + text > width) { rows.push([]); x = 0 }
    rows.at(-1).push({entry, image, x, wide}); x += wide + 6 + text + size;
  }
  return rows;
}

export async function still(player) {
  const {scene} = player, [picture] = scene.pictures, words = said(player), chart = player.charts.get(picture.id), {gd} = chart, {width, height} = gd._fullLayout;
  const size = parseFloat(scene.colors['--size']) || 14, family = scene.colors['--font'], color = name => scene.colors[`--${name}`];
  const standing = await drawn(await window.Plotly.toImage(gd, {format: 'png', width, height, scale: FINE}));
  const moving = make('canvas');
  if (!chart.solid) paint(moving, gd, picture.marks, player.position, {...chart.options, ratio: FINE});

  const canvas = make('canvas'), g = canvas.getContext('2d'), fonts = {title: `600 ${size + 6}px ${family}`, text: `${size}px ${family}`};
  g.font = fonts.title; const title = lines(g, words.title, width);
  g.font = fonts.text; const under = lines(g, words.under.filter(Boolean).join(' · '), width);
  const key = await keyed(g, picture.key, width, size), tall = {title: (size + 6) * 1.3, text: size * 1.45, key: 26};
  const top = PAD + title.length * tall.title + under.length * tall.text + 8;
  canvas.width = FINE * (width + 2 * PAD); canvas.height = FINE * Math.ceil(top + height + 8 + key.length * tall.key + PAD);
  g.scale(FINE, FINE); g.fillStyle = color('page'); g.fillRect(0, 0, canvas.width, canvas.height);
  g.textBaseline = 'top';
  let y = PAD;
  const write = (each, font, ink, step) => { g.font = font; g.fillStyle = ink; for (const line of each) { g.fillText(line, PAD, y); y += step } };
  write(title, fonts.title, color('text'), tall.title); write(under, fonts.text, color('quiet'), tall.text);
  g.drawImage(standing, PAD, top, width, height);
  if (!chart.solid) g.drawImage(moving, PAD, top, width, height);
  y = top + height + 8; g.textBaseline = 'middle'; g.font = fonts.text;
  for (const row of key) {
    for (const {entry, image, x, wide} of row) {
      if (image) g.drawImage(image, PAD + x, y + tall.key / 2 - 9, wide, 18);
      else {
        const ramp = g.createLinearGradient(PAD + x, 0, PAD + x + wide, 0);
        entry.colors.forEach((each, i) => ramp.addColorStop(i / Math.max(1, entry.colors.length - 1), each));
        g.fillStyle = ramp; g.fillRect(PAD + x, y + tall.key / 2 - 6, wide, 12);
      }
      g.fillStyle = color('text'); g.fillText(entry.label, PAD + x + wide + 6, y + tall.key / 2 + 1);
    }
    y += tall.key;
  }
  return new Promise((done, failed) => canvas.toBlob(blob => blob ? done(blob) : failed(new Error('the browser made no image')), 'image/png'));
}

export async function save(player) {
  player.timeline.halt();
  const {scene, frame} = player, query = new URLSearchParams(scene.link), of = query.has('optimizer') && query.has('landscape') ? `${query.get('optimizer')}-on-${query.get('landscape')}-` : '';
  const name = `${of}${scene.run}-${scene.inside >= 0 ? `${scene.inside}-` : ''}${frame}.png`, address = URL.createObjectURL(await still(player)), link = make('a', {href: address, download: name});
  link.click(); setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
