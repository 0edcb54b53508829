"""A search in rounds, as a picture: a way down to a minimum, the kick out of it, a new way down, and what was kept."""

from typing import Any

import numpy as np

from algorithms.moves import edges
from algorithms.trace import Trace, following
from dashboard.charts import marks
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.searches import kicks, taken, told
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import unmoved

SEEN = 2.5  # pixels: a way down is drawn in steps that are at least so long
ASIDE = 28  # pixels from a minimum up or down to the verdict on it: clear of the ring around home
WORD = np.array([0.1, 0.04])  # of the map's longer side: half of what a verdict takes
FEW = 8  # cities whose edges may all be drawn
HOME, FOUND = 24, 9  # pixels: the ring around the minimum that is kicked, and a minimum found


def add_rounds(sketch: Sketch, trace: Trace, place: marks.Place, unit: np.ndarray) -> None:
    """Add the minima found so far, the way down to the one that is home, and the round to come: kick, way, verdict."""
    theme, color, accepted = sketch.theme, marks.color_of(trace), taken(trace)
    at = place(trace.x, trace.fx)
    found = place(trace.value("trial"), trace.value("trial_fx"))
    kept = accepted & (np.arange(len(trace)) > 0)
    sketch.haloed("chain of minima", "path", line(theme.text, 2.2, "2px,4px"), **at)
    if kept.sum() > 1:
        sketch.entry("dot", "ink", "from one accepted to the next")
    came = np.maximum.accumulate(np.where(accepted, np.arange(len(trace)), 0))
    descent = np.asarray(trace.value("descent"), float)
    ways = seen(place(descent, None), unit)
    to_come = np.append(np.arange(1, len(trace)), -1)
    for name, role, which in (("descent before", color, came), ("new descent", "descent", to_come)):
        sketch.haloed(name, "polyline", line(theme.line(role), look.PATH), at=which.astype(float), **ways)
        if (which > 0).any():
            sketch.entry("line", role, name)
    cross = sign("x", theme.mark("rejected"), FOUND - 1, "", 2)
    sketch.move("rejected minima", "path", cross, opacity=0.8, **masked(~accepted, found))
    square = sign("square", theme.mark(color), FOUND - 1, theme.halo, 1.2)  # the disc is where the search is now
    sketch.move("accepted minima", "path", square, **masked(kept, found))
    if kept.any():
        sketch.entry("square", color, "accepted")
    if not accepted.all():
        sketch.entry("x", "rejected", "rejected")
    _add_kick(sketch, trace, place, at, found, unit)


def _add_kick(
    sketch: Sketch, trace: Trace, place: marks.Place, at: dict[str, Any], found: dict[str, Any], unit: np.ndarray
) -> None:
    """Add the ring around home, the kick out of it, and whether what the new way down comes to is kept."""
    theme, color = sketch.theme, marks.color_of(trace)
    ring = sign("circle-open", theme.line(color), HOME, "", 3)
    home = masked(np.arange(len(trace)) > 0, at)
    sketch.move("home ground", "point", sign("circle-open", theme.halo, HOME, "", 6), **home)
    sketch.move("home", "point", ring, **home)
    if len(trace) > 1:
        sketch.entry("circle-open", color, "home")
    tip = {axis: following(v) for axis, v in place(np.asarray(trace.value("kicked"), float), None).items()}
    kicked = np.append(np.array([str(note) != "descent" for note in trace.value("note")])[1:], False)
    here, there = (np.stack([each["x"], each["y"]], axis=-1) for each in (at, masked(kicked, tip)))
    style = line(theme.line("kick"), look.STEP, "9px,6px") | {"meta": {"halo": theme.halo, "least": 2}}
    ends = {"x": here[:, 0], "y": here[:, 1], "x2": there[:, 0], "y2": there[:, 1]}
    sketch.haloed("kick", "segments", style, arrow=True, **ends)
    if kicked.any():
        sketch.entry("dash", "kick", "kick")
    end = {axis: following(values) for axis, values in found.items()}
    yes = np.append(taken(trace)[1:], False)
    beside = unit * np.array([0, ASIDE]) * np.where(end["y"] < here[:, 1], -1, 1)[:, None]  # away from home
    for word, which, role, symbol in (("accepted", yes, color, "square"), ("rejected", ~yes, "rejected", "x")):
        spot = masked(which, end)
        if symbol == "x":
            ground = sign("circle", theme.halo, FOUND + 11, theme.line(role), 1.2)
            sketch.move("rejected ground", "point", ground, **spot)
            style = sign("x", theme.mark(role), FOUND + 4, "", 3.4)
        else:
            style = sign("square", theme.halo, FOUND + 4, theme.line(role), 3)
        sketch.move(f"{word} now", "point", style, **spot)
        sketch.label(word, role, np.stack([spot["x"], spot["y"]], axis=-1) + beside, "middle center")


def masked(which: np.ndarray, at: dict[str, Any]) -> dict[str, Any]:
    """Return places with NaN where `which` (T,) is false."""
    return {axis: np.where(which, values, np.nan) for axis, values in at.items()}


def seen(ways: dict[str, Any], unit: np.ndarray) -> dict[str, Any]:
    """Return ways (T, K) without the points that lie within SEEN pixels of the last one shown; each keeps its end."""
    x, y = (np.asarray(ways[axis], float) for axis in "xy")
    rows = [
        _thinned(np.stack([a, b], axis=-1)[np.isfinite(a) & np.isfinite(b)], unit) for a, b in zip(x, y, strict=True)
    ]
    longest = max(1, max(map(len, rows)))
    thin = np.full((len(rows), longest, 2), np.nan)
    for k, row in enumerate(rows):
        thin[k, : len(row)] = row
    return {"x": thin[..., 0], "y": thin[..., 1]}


def _thinned(way: np.ndarray, unit: np.ndarray) -> np.ndarray:
    kept = [0] if len(way) else []
    for i in range(1, len(way)):
        if np.hypot(*((way[i] - way[kept[-1]]) / unit)) >= SEEN or i == len(way) - 1:
            kept.append(i)
    return way[kept]


def minima_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return f at the minimum each round came to, kept or not, and how high its kick led."""
    f, ends = np.asarray(trace.fx, float), np.array(trace.value("trial_fx"), float)
    high, kept = np.array(trace.value("kicked_fx"), float), taken(trace)
    kicked = kicks(trace)
    ends[0] = np.nan
    color, what = marks.color_of(trace), "length" if is_tour(trace) else "f"
    lines = [Line("home", f, color)]
    dots = [
        Dots("kick's height", np.where(kicked, high, np.nan), "triangle-up", "kick", 6),
        Dots("rejected", np.where(kept, np.nan, ends), "x", "rejected", 6),
        Dots("accepted", np.where(kept, ends, np.nan), "square", color, 7),
    ]
    dots = [each for each in dots if np.isfinite(each.y).any()]
    key = (KeyEntry("line", theme.line(color), "home"), *(KeyEntry(d.symbol, theme.line(d.role), d.name) for d in dots))
    title = unmoved(trace) or told(trace).partition(",")[0]
    alt = f"{what} at the minimum that each of {counted(len(trace) - 1, 'round')} came to. {told(trace)}."
    subtitle = f"{what} at each round's end"
    return chart("minima", title, subtitle, alt, theme, trace, lines, dots=dots, key=key)


def add_tours(sketch: Sketch, trace: Trace, at: np.ndarray, corners: tuple[np.ndarray, np.ndarray]) -> None:
    """Add the tour at home and the round to come: the edges its kick puts in, those of the way down, and the verdict.

    A refused round is drawn thin and broken, and a kick that is none, to anywhere or at the start, not at all.
    """
    theme, color = sketch.theme, marks.color_of(trace)
    x: dict[str, Any] = {"x": at[:, 0], "y": at[:, 1]}
    small = np.uint8 if len(at) <= 256 else np.uint16
    if not np.array_equal(trace.fx, trace.best_fx):
        sketch.move("best so far", "tour", line(theme.line("best"), 2, "dash"), **x, order=trace.best_x.astype(small))
        sketch.entry("dash", "best", "best so far")
    sketch.move("tour halo", "tour", line(theme.halo, look.PATH + 2 * look.HALO), **x, order=np.asarray(trace.x, small))
    sketch.move("tour", "tour", line(theme.line(color), look.PATH), **x, order=np.asarray(trace.x, small))
    sketch.entry("line", color, "tour")
    if len(trace) < 2:
        return
    kick, down, yes = _rounds_to_come(trace)
    for name, role, put_in, styles in (
        ("put in by the descent", "descent", down, ((look.PATH + 1, "solid"), (2.2, "2px,4px"))),
        ("put in by the kick", "kick", kick, ((look.PATH + 1, "9px,6px"), (2.2, "9px,6px"))),
    ):
        for (width, dash), verdict in zip(styles, (True, False), strict=True):
            chosen = [each if kept == verdict else each[:0] for each, kept in zip(put_in, yes, strict=True)]
            if any(map(len, chosen)):
                label = name if verdict else f"{name}, rejected"
                sketch.haloed(label, "segments", line(theme.line(role), width, dash), **_drawn(chosen, at))
                sign_of = {"solid": "line", "9px,6px": "dash"}.get(dash, "dot")
                sketch.entry(sign_of, role, label if sign_of == "dot" else name)
    spot = np.tile(free_spot(trace, at, corners), (len(trace), 1))
    for word, role, verdict in (("accepted", color, True), ("rejected", "rejected", False)):
        said = np.append(yes[:-1] == verdict, False)
        if said.any():
            sketch.label(word, role, np.where(said[:, None], spot, np.nan), "middle center")


def _rounds_to_come(trace: Trace) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Return the edges that the next round's kick and its way down put in, for every frame, and if they are kept."""
    coming = [np.append(np.asarray(trace.value(name), int)[1:], trace.x[-1:], axis=0) for name in ("kicked", "trial")]
    home, kicked, ends = (edges(np.asarray(tours, int)) for tours in (trace.x, *coming))
    real = np.append(kicks(trace)[1:], False)
    none = home[0][:0]
    kick = [np.setdiff1d(b, a) if is_kick else none for a, b, is_kick in zip(home, kicked, real, strict=True)]
    down = [np.setdiff1d(end, np.append(a, put_in)) for end, a, put_in in zip(ends, home, kick, strict=True)]
    down[-1] = none
    return kick, down, np.append(taken(trace)[1:], True)


def free_spot(trace: Trace, at: np.ndarray, corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the place on the map (2,) farthest from the cities and the last tour, of few cities from any edge."""
    low, high = corners
    order = np.asarray(trace.x[-1], int)
    begin, end = (order, np.roll(order, -1)) if len(at) > FEW else np.indices((len(at), len(at))).reshape(2, -1)
    share = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    taken_up = ((1 - share) * at[begin] + share * at[end]).reshape(-1, 2)
    inset = WORD * (high - low).max()
    axes = [np.linspace(a + gap, b - gap, 25) for a, b, gap in zip(low, high, inset, strict=True)]
    spots = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    room = np.abs(spots[:, None] - taken_up) / inset  # a word is wider than high
    return np.asarray(spots[np.argmax(room.max(axis=-1).min(axis=1))])


def _drawn(put_in: list[np.ndarray], at: np.ndarray) -> dict[str, Any]:
    """Return lists of edges, a list a frame, as segments on the map; NaN behind the end of each."""
    many, n = max(1, max(map(len, put_in))), len(at)
    ends = np.full((len(put_in), many), -1)
    for k, each in enumerate(put_in):
        ends[k, : len(each)] = each
    pair = np.divmod(np.maximum(ends, 0), n)
    return {
        name + suffix: np.where(ends >= 0, at[city, axis], np.nan)
        for city, suffix in zip(pair, ("", "2"), strict=True)
        for axis, name in enumerate("xy")
    }
