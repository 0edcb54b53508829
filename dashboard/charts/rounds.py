"""A search in rounds, as a picture: a way down to a minimum, the kick out of it, a new way down, and what was kept."""

from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import marks
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.searches import kicks, preceding_x, taken, told
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import unmoved

SEEN = 2.5  # pixels: a way down is drawn in steps that are at least so long
HOME, FOUND = 24, 9  # pixels: the ring around the minimum that is kicked, and a minimum found


def add_rounds(sketch: Sketch, trace: Trace, place: marks.Place, unit: np.ndarray) -> None:
    """Add the minima found so far, the way down to the one that is home, and the round to come: kick, way, verdict."""
    theme, color, accepted = sketch.theme, marks.color_of(trace), taken(trace)
    at = place(trace.x, trace.fx)
    found = place(trace.value("trial"), trace.value("trial_fx"))
    sketch.move("chain of minima", "path", line(theme.line(color), 1.8, "2px,4px"), **at)
    came = np.maximum.accumulate(np.where(accepted, np.arange(len(trace)), 0))
    descent = np.asarray(trace.value("descent"), float)
    ways = seen(place(descent, None), unit)
    to_come = np.append(np.arange(1, len(trace)), -1)
    for name, role, which in (("descent before", color, came), ("new descent", "descent", to_come)):
        sketch.haloed(name, "polyline", line(theme.line(role), look.PATH), at=which.astype(float), **ways)
        sketch.entry("line", role, name)
    cross = sign("x", theme.mark("rejected"), FOUND - 1, "", 2)
    sketch.move("rejected minima", "path", cross, opacity=0.8, **masked(~accepted, found))
    disc = sign("circle", theme.mark(color), FOUND, theme.halo, 1.2)
    sketch.move("accepted minima", "path", disc, **masked(accepted & (np.arange(len(trace)) > 0), found))
    sketch.entry("circle", color, "accepted")
    sketch.entry("x", "rejected", "rejected")
    _add_kick(sketch, trace, place, at, found)


def _add_kick(sketch: Sketch, trace: Trace, place: marks.Place, at: dict[str, Any], found: dict[str, Any]) -> None:
    """Add the ring around home, the kick out of it, and whether what the new way down comes to is kept."""
    theme, color = sketch.theme, marks.color_of(trace)
    ring = sign("circle-open", theme.line(color), HOME, "", 3)
    home = masked(np.arange(len(trace)) > 0, at)
    sketch.move("home ground", "point", sign("circle-open", theme.halo, HOME, "", 6), **home)
    sketch.move("home", "point", ring, **home)
    sketch.entry("circle-open", color, "home")
    tip = {axis: following(v) for axis, v in place(np.asarray(trace.value("kicked"), float), None).items()}
    kicked = np.append(np.array([str(note) != "descent" for note in trace.value("note")])[1:], False)
    here, there = (np.stack([each["x"], each["y"]], axis=-1) for each in (at, masked(kicked, tip)))
    style = line(theme.line("kick"), look.STEP, "9px,6px") | {"meta": {"halo": theme.halo, "least": 2}}
    ends = {"x": here[:, 0], "y": here[:, 1], "x2": there[:, 0], "y2": there[:, 1]}
    sketch.haloed("kick", "segments", style, arrow=True, **ends)
    sketch.entry("dash", "kick", "kick")
    end = {axis: following(values) for axis, values in found.items()}
    yes = np.append(taken(trace)[1:], False)
    for word, which, role in (("accepted", yes, color), ("rejected", ~yes, "rejected")):
        spot = masked(which, end)
        style = (
            sign("circle", theme.halo, FOUND + 5, theme.line(role), 3)
            if which is yes
            else sign("x", theme.mark(role), FOUND + 4, "", 3.4)
        )
        if which is not yes:
            sketch.move(
                "rejected ground", "point", sign("circle", theme.halo, FOUND + 11, theme.line(role), 1.2), **spot
            )
        sketch.move(f"{word} now", "point", style, **spot)
        sketch.label(word, role, np.stack([spot["x"], spot["y"]], axis=-1), "bottom center")


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
        Dots("accepted", np.where(kept, ends, np.nan), "circle", color, 8),
    ]
    key = (KeyEntry("line", theme.line(color), "home"), *(KeyEntry(d.symbol, theme.line(d.role), d.name) for d in dots))
    title = unmoved(trace) or told(trace).partition(",")[0]
    alt = f"{what} at the minimum that each of {counted(len(trace) - 1, 'round')} came to. {told(trace)}."
    subtitle = f"{what} at each round's end"
    return chart("minima", title, subtitle, alt, theme, trace, lines, dots=dots, key=key)


def add_tours(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the tour that each round began from, the edges that its kick put in, and those that the way down did.

    Kept is what the round came to; refused, it stays dashed beside the tour at home.
    """
    theme, color = sketch.theme, marks.color_of(trace)
    home = preceding_x(trace).astype(int)
    kicked, ends = (np.asarray(trace.value(name), int) for name in ("kicked", "trial"))
    x: dict[str, Any] = {"x": at[:, 0], "y": at[:, 1]}
    small = np.uint8 if len(at) <= 256 else np.uint16
    if not np.array_equal(trace.fx, trace.best_fx):
        sketch.move("best so far", "tour", line(theme.line("best"), 2, "dash"), **x, order=trace.best_x.astype(small))
        sketch.entry("dash", "best", "best so far")
    sketch.move("home before", "tour", line(theme.mark("rejected"), 2, "3px,4px"), **x, order=home.astype(small))
    sketch.move("tour halo", "tour", line(theme.halo, look.PATH + 2 * look.HALO), **x, order=np.asarray(trace.x, small))
    sketch.move("tour", "tour", line(theme.line(color), look.PATH), **x, order=np.asarray(trace.x, small))
    sketch.entry("line", color, "tour")
    if len(trace) > 1:
        left = [np.setdiff1d(a, b) for a, b in zip(_edges(trace, kicked), _edges(trace, home), strict=True)]
        changed = [np.setdiff1d(a, b) for a, b in zip(_edges(trace, ends), _edges(trace, kicked), strict=True)]
        left[0] = changed[0] = left[0][:0]
        restart = np.array([str(note) in ("restart", "descent") for note in trace.value("note")])
        left = [edges[:0] if skip else edges for edges, skip in zip(left, restart, strict=True)]
        for name, role, edges, style in (
            ("put in by the descent", "descent", changed, line(theme.line("descent"), look.PATH + 1)),
            ("put in by the kick", "kick", left, line(theme.line("kick"), look.PATH + 1, "9px,6px")),
        ):
            sketch.haloed(name, "segments", style, **_drawn(edges, at))
            sketch.entry("dash" if role == "kick" else "line", role, name)
    sketch.entry("dot", "rejected", "tour before")


def _edges(trace: Trace, tours: np.ndarray) -> np.ndarray:
    return np.asarray(trace.landscape.moves.edges(tours))  # type: ignore[union-attr]


def _drawn(edges: list[np.ndarray], at: np.ndarray) -> dict[str, Any]:
    """Return lists of edges, a list a frame, as segments on the map; NaN behind the end of each."""
    many, n = max(1, max(map(len, edges))), len(at)
    ends = np.full((len(edges), many), -1)
    for k, each in enumerate(edges):
        ends[k, : len(each)] = each
    pair = np.divmod(np.maximum(ends, 0), n)
    return {
        name + suffix: np.where(ends >= 0, at[city, axis], np.nan)
        for city, suffix in zip(pair, ("", "2"), strict=True)
        for axis, name in enumerate("xy")
    }
