"""One iteration from inside: an ant builds its tour city by city, and what it weighs at every choice."""

from typing import Any

import numpy as np
from latex2mathml.converter import convert

from algorithms.trace import Trace
from dashboard.charts import pheromone, tour
from dashboard.charts import theme as look
from dashboard.charts.arrows import LETTER, beyond
from dashboard.charts.chart import Line, chart
from dashboard.charts.choices import SHOWN, Walk
from dashboard.charts.marks import color_of
from dashboard.charts.picture import Bookmark, Equation, KeyEntry, Picture, Scene
from dashboard.charts.sketch import Sketch, line, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number
from dashboard.charts.words import member

TURNS = np.deg2rad([0, 40, -40, 80, -80, 120, -120])  # from straight away: where a label may stand, the best first
MARKED = 12  # bookmarks
ORDINAL = {1: "1st", 2: "2nd", 3: "3rd"}
CELLS = ("city", "τ / max", "1 / d", "p")


def inside(trace: Trace, view: View, theme: Theme, link: str = "") -> Scene:
    """Return the scene of iteration `view.inside`: ant `view.follow` visits one city a frame."""
    walk = Walk(trace, view.inside, view.follow)
    picture = _map(walk, view, theme)
    rest = [_chances(walk, theme)]
    if walk.n <= pheromone.LARGEST:
        rest.insert(0, _matrix(walk, theme))
    return Scene(
        run=trace.run.id,
        frames=walk.n,
        title=picture.title,
        subtitle=picture.subtitle,
        pictures=(picture, *rest),
        equation=_equation(walk, theme),
        table=_table(walk),
        outcome=_outcome(walk),
        bookmarks=_bookmarks(walk),
        colors=theme.css(),
        frame_word="city",
        link=link,
        at=max(view.frame, 0),
        closer="Back to all iterations",
        inside=view.inside,
    )


def _title(walk: Walk) -> str:
    """Return how often the ant passed over the likeliest city."""
    missed = len(walk.passed_over)
    who = member(walk.trace)
    if not missed:
        return f"At every choice the {who} took the likeliest city"
    return f"At {missed} of {counted(walk.choices, 'choice')} the {who} did not take the likeliest city"


def _map(walk: Walk, view: View, theme: Theme) -> Picture:
    """Return the map: pheromone as the ant found it, the way it has come, where it is and where it may go."""
    trace, land, n, order = walk.trace, walk.trace.landscape, walk.n, walk.order
    at, who = tour.positions(land), member(trace)
    sketch = Sketch(theme)
    tour.add_ground(sketch, land)
    pheromone.add_key(sketch, _add_standing_pheromone(sketch, walk, at))
    best = np.append(trace.best_x[walk.iteration - 1], trace.best_x[walk.iteration - 1][:1]).astype(int)
    color = color_of(trace)
    for name, style in (
        ("best tour halo", line(theme.halo, look.TOUR + 2 * look.TOUR_HALO)),
        ("best tour", line(theme.line(color), look.TOUR)),
    ):
        sketch.fixed({"type": "scatter", "name": name, "x": at[best, 0], "y": at[best, 1]} | style)
    sketch.entry("line", color, "best tour")
    few = n <= tour.NAMED
    closed = np.append(order, order[:1])
    reached = np.arange(n + 1) <= np.append(np.arange(n - 1), n)[:, None]
    way: dict[str, Any] = {name: np.where(reached, at[closed, axis], np.nan) for axis, name in enumerate("xy")}
    sketch.move("walk", "polyline", line(theme.mark("step"), look.WALK, "dash"), beside=look.BESIDE, **way)
    sketch.entry("dash", "step", f"{who}'s walk")
    choices = walk.shown()
    _add_choices(sketch, walk, at, choices)
    tour.add_cities(sketch, land)
    size = look.NUMBERED if few else look.NUMBERED - 2
    places: dict[str, Any] = {name: at[order, axis] for axis, name in enumerate("xy")}
    visited = sign("circle-open", theme.text, size, "", 3) if few else sign("circle", theme.text, look.CITY - 1)
    sketch.move("visited", "path", visited, **places)
    start = (
        sign("circle-open", theme.text, size + 7, "", 2.6) if few else sign("circle", theme.halo, size, theme.text, 2.6)
    )
    sketch.move("start", "still", start, x=at[order[:1], 0], y=at[order[:1], 1])
    _add_rings(sketch, at, choices, size, few)
    disc = sign("circle-open" if few else "circle", theme.line("vermillion") if few else theme.halo, size + 2)
    disc["marker"]["line"] = {"color": theme.line("vermillion"), "width": 4}
    sketch.move("ant", "point", disc, **places)
    if not few:
        tour.add_numbers(sketch, at, _told(walk, choices))
    sketch.key.append(KeyEntry("circle-open", theme.line("vermillion"), who))
    sketch.key.append(KeyEntry("circle-open", theme.text, "start"))
    _add_chances(sketch, walk, at, choices)
    plural = counted(trace.x.shape[1], who)
    subtitle = f"Iteration {walk.iteration:,}: {who} {walk.ant + 1} of {trace.x.shape[1]} builds its tour city by city"
    if ignored := tour.tour_words.senses(trace):
        subtitle += f"; {ignored}"
    alt = (
        f"Inside iteration {walk.iteration} of {plural}: {who} {walk.ant + 1} visits {n} cities, "
        f"beginning with {tour.tour_words.tour_text(order)}, a way of {number(walk.length[-1])}. {_title(walk)}."
    )
    offered = tuple((str(i), f"{who} {i + 1} of {trace.x.shape[1]}") for i in range(trace.x.shape[1]))
    return Picture(
        id="tour",
        figure={"data": sketch.data, "layout": tour.layout(land, theme)},
        tracks=tuple(sketch.tracks),
        title=_title(walk),
        subtitle=subtitle if tour.has_map(land) else f"{subtitle} · not to scale",
        alt=alt,
        key=tuple(sketch.key),
        readout=tour.readout(at, n, **{"chance in %": np.append(100 * walk.chances, np.full((1, n), np.nan), axis=0)}),
        choices={"follow": offered},
        chosen={"follow": str(view.follow)},
    )


def _add_standing_pheromone(sketch: Sketch, walk: Walk, at: np.ndarray) -> bool:
    """Add the pheromone that the ants of the iteration found; it does not change while they walk."""
    i, j = pheromone.pairs(walk.n)
    share = pheromone.excess(walk.tau[i, j])[None]
    (level,), crowded = pheromone.thinned(pheromone.classes(share), share, walk.n)
    for only, (width, color) in enumerate(
        zip(pheromone.widths(walk.n, crowded), sketch.theme.pheromone, strict=True), 1
    ):
        here = level == only
        gap = np.full(int(here.sum()), np.nan)
        x, y = (np.stack([at[i[here], axis], at[j[here], axis], gap], axis=-1).ravel() for axis in (0, 1))
        sketch.fixed({"type": "scatter", "name": f"pheromone {only}", "x": x, "y": y} | line(color, width))
    return crowded


def _add_choices(sketch: Sketch, walk: Walk, at: np.ndarray, choices: np.ndarray) -> None:
    """Add dotted lines from the city that the ant is in to those it may well go to."""
    known = np.append(choices, np.full((1, choices.shape[1]), -1), axis=0) >= 0
    to = np.append(np.maximum(choices, 0), np.zeros((1, choices.shape[1]), int), axis=0)
    here = walk.order[:, None]
    ends: dict[str, Any] = {}
    for axis, name in enumerate("xy"):
        ends |= {name: np.where(known, at[here, axis], np.nan), name + "2": np.where(known, at[to, axis], np.nan)}
    sketch.haloed("choices", "segments", line(sketch.theme.line("purple"), look.PATH, "dot"), **ends)
    sketch.entry("dot", "purple", "its choices")


def _told(walk: Walk, choices: np.ndarray) -> np.ndarray:
    """Return which cities every frame speaks of (n, n): the start, where the ant is, and where it may well go."""
    shown = np.zeros((walk.n, walk.n), bool)
    shown[:, walk.order[0]] = shown[np.arange(walk.n), walk.order] = True
    frames, places = np.nonzero(choices >= 0)
    shown[frames, choices[frames, places]] = True
    return shown


def _add_rings(sketch: Sketch, at: np.ndarray, choices: np.ndarray, size: float, open: bool) -> None:
    """Ring the cities that the ant may well go to; what the rings hold is seen where they are `open`."""
    places = [
        np.append(np.where(choices >= 0, at[choices, axis], np.nan), np.full((1, choices.shape[1]), np.nan), axis=0)
        for axis in (0, 1)
    ]
    purple = sketch.theme.line("purple")
    ring = (
        sign("circle-open", purple, size + 3, "", 2.8) if open else sign("circle", sketch.theme.halo, size, purple, 2.8)
    )
    sketch.move("choice rings", "point", ring, x=places[0], y=places[1])


def _add_chances(sketch: Sketch, walk: Walk, at: np.ndarray, choices: np.ndarray) -> None:
    """Write how likely each of the shown cities is beside it, and where the ant is how likely that was.

    A text track cannot change its words, so there is one place for every text that is ever needed, filled where it is.
    """
    theme, unit = sketch.theme, tour.pixel(walk.trace.landscape)
    room = theme.size / look.SIZES["normal"]
    edges = np.mean(tour.extent(walk.trace.landscape), axis=0) / unit + np.array([[-0.5], [0.5]]) * tour.FRAME
    places: dict[tuple[str, int], list[tuple[int, np.ndarray]]] = {}
    for j, here in enumerate(walk.order):
        used: dict[str, int] = {}
        taken_up: list[tuple[np.ndarray, np.ndarray]] = []
        told = (
            [(int(city), int(here), f"{percent(walk.chances[j, city])}") for city in choices[j] if city >= 0]
            if j < walk.n - 1
            else []
        )
        if j:
            told.append((int(here), int(walk.order[j - 1]), f"drawn: {percent(walk.drawn[j - 1])}"))
        for city, origin, text in told:
            used[text] = used.get(text, 0) + 1
            half = np.array([LETTER * len(text) / 2 + 5, 12]) * room + look.NUMBERED / 2 - 2
            place = _clear(at / unit, city, origin, half, taken_up, edges) * unit
            taken_up.append((place / unit, half))
            places.setdefault((text, used[text]), []).append((j, place))
    where = np.full((2, walk.n, len(places)), np.nan)
    for column, spots in enumerate(places.values()):
        for j, place in spots:
            where[:, j, column] = place
    style = words(theme, "", theme.ink("purple"), "middle center") | {"text": [text for text, _ in places]}
    sketch.move("chances", "text", style, x=where[0], y=where[1])


def percent(chance: float) -> str:
    """Return a chance as text."""
    return f"{100 * chance:.0f} %"


def _clear(
    at: np.ndarray,
    city: int,
    here: int,
    half: np.ndarray,
    others: list[tuple[np.ndarray, np.ndarray]],
    edges: np.ndarray,
) -> np.ndarray:
    """Return where the label of a city stands, in pixels: as far from the ant as it can without hiding a city.

    `half` is half its size, `others` are the labels that stand already, `edges` (2, 2) are the frame's.
    """
    away = at[city] - at[here]
    away = away / np.linalg.norm(away) if np.linalg.norm(away) > 0 else np.array([0.0, 1.0])
    cos, sin = np.cos(TURNS), np.sin(TURNS)
    ways = np.stack([cos * away[0] - sin * away[1], sin * away[0] + cos * away[1]], axis=-1)
    with np.errstate(divide="ignore"):
        spots = at[city] + beyond(ways, half)
    hidden = (np.abs(spots[:, None] - at) < half).all(axis=-1).sum(axis=1)
    for place, size in others:
        hidden += 2 * (np.abs(spots - place) < half + size).all(axis=-1)
    hidden += 2 * ((spots - half / 2 < edges[0]) | (spots + half / 2 > edges[1])).any(axis=-1)  # it would be moved in
    return np.asarray(spots[int(np.argmin(hidden))])


def _matrix(walk: Walk, theme: Theme) -> Picture:
    """Return the pheromone that the ants found, with the row of the city that the ant is in."""
    title, _ = pheromone.finding(walk.trace, walk.iteration - 1)
    subtitle = f"in best-tour order · outlined: the {member(walk.trace)}'s row"
    at = np.zeros(walk.n, np.uint8)
    return pheromone.matrix(walk.tau[None], at, walk.trace, theme, title, subtitle, row=walk.order)


def _chances(walk: Walk, theme: Theme) -> Picture:
    """Return how likely the city was that the ant came to, and the likeliest one, over the walk."""
    drawn, most = 100 * walk.drawn, 100 * walk.chances.max(axis=1)
    lines = [
        Line("the likeliest city", np.append(np.nan, most), "ghost", dash="dash", dot=False),
        Line("the city drawn", np.append(np.nan, drawn), "purple"),
    ]
    key = tuple(
        KeyEntry({"solid": "line"}.get(each.dash, each.dash), theme.line(each.role), each.name)
        for each in reversed(lines)
    )
    drawn, most = drawn[: max(walk.choices, 1)], most[: max(walk.choices, 1)]  # the last city is the only one left
    title = f"The city drawn had {np.mean(drawn):.0f} % on average"
    alt = f"Chances at {counted(walk.choices, 'choice')}: the city drawn had {np.mean(drawn):.0f} % on average"
    alt += f", the likeliest {np.mean(most):.0f} %."
    x = np.arange(walk.n, dtype=float)
    return chart(
        "chances",
        title,
        "chance p of a city, by cities visited",
        alt,
        theme,
        walk.trace,
        lines,
        x=x,
        log=False,
        unit=" %",
        key=key,
    )


def _equation(walk: Walk, theme: Theme) -> Equation:
    """Return the rule by which the ant chooses, with the numbers of its next choice as a small table."""
    knobs = dict(walk.trace.run.knobs)
    rule = convert(r"p \propto \tau^{\alpha} \cdot (1 / d)^{\beta}")
    slots = {name: np.full((walk.n, len(CELLS)), np.nan) for name in ("first", "second", "third")}
    largest = walk.tau[~np.eye(walk.n, dtype=bool)].max()

    def weighed(j: int, city: int) -> tuple[float, ...]:
        here, chance = walk.order[j], np.round(100 * walk.chances[j, city])
        return city, walk.tau[here, city] / largest, walk.nearness[here, city], chance

    for j in range(walk.n - 1):
        for name, city in zip(slots, walk.likeliest[j, :SHOWN], strict=False):
            if walk.chances[j, city] > 0:
                slots[name][j] = weighed(j, city)
    cell, purple = "text-align:right;border:0;padding:1px 0 1px 10px", "color:var(--purple-text);font-weight:600"
    styles = (
        f"{cell};text-align:left;padding-left:0;{purple}",
        f"{cell};color:var(--pheromone-text)",
        cell,
        f"{cell};{purple}",
    )
    heads = "".join(f'<th style="{cell};font-weight:400;color:var(--quiet)">{name}</th>' for name in ("", *CELLS[1:]))
    rows = []
    texts, units = ("city ", "", "", ""), ("", "", "", " %")
    for name in slots:
        cells = "".join(
            f'<td style="{style}">{text}<span data-slot="{name}" data-cell="{i}"></span>{unit}</td>'
            for i, (style, text, unit) in enumerate(zip(styles, texts, units, strict=True))
        )
        rows.append(f'<tr data-waiting="" style="border:0">{cells}</tr>')
    table = (
        '<table style="width:100%;border-collapse:collapse;border:0;margin:0;font-size:var(--size)">'
        f'<thead><tr style="border:0">{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    note = f"drawn in proportion to p, with α = {number(knobs['alpha'])} and β = {number(knobs['beta'])}"
    return Equation(((rule, table),), slots, note=note, title="Where next?")


def _table(walk: Walk) -> dict[str, np.ndarray]:
    """Return how the ant came to every city; to the first one it was put."""
    none = [np.nan]
    return {
        "visited": np.arange(1, walk.n + 1),
        "in city": walk.order,
        "its chance, %": np.append(none, 100 * walk.drawn),
        "its rank": np.append(none, walk.rank),
        "way there": np.append(none, walk.distances[walk.order[:-1], walk.order[1:]]),
        "way so far": walk.length,
    }


def _outcome(walk: Walk) -> tuple[str, str]:
    """Return how long the ant's tour is, compared with the best before this iteration."""
    length, best = float(walk.length[-1]), float(walk.trace.best_fx[walk.iteration - 1])
    change = 100 * (length / best - 1) if best else 0.0
    if abs(change) < 1e-9:
        compared = "as long as the best tour so far"
    elif change < 0:
        compared = f"{tour.tour_words.percent(-change)} shorter than the best so far"
    else:
        compared = f"{tour.tour_words.percent(change)} longer than the best so far"
    back = f"After {walk.n} cities the {member(walk.trace)} is back at city {walk.order[0]}."
    return "Tour closed", f"{back} Its tour is {number(length)} long, {compared}."


def _bookmarks(walk: Walk) -> tuple[Bookmark, ...]:
    """Mark the choices at which the least likely cities were drawn."""
    missed = walk.passed_over
    chosen = np.sort(missed[np.argsort(walk.drawn[missed], kind="stable")[:MARKED]])
    marks = []
    for j in chosen:
        rank = ORDINAL.get(int(walk.rank[j]), f"{walk.rank[j]}th")
        marks.append(Bookmark(int(j) + 1, f"the {rank} likeliest city was drawn, {percent(walk.drawn[j])}", "fork"))
    return tuple(marks)
