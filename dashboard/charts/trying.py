"""One trial from inside: the target, its donors, their difference, the mutant, crossover and selection."""

from typing import Any
from xml.etree import ElementTree

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import curve, landscape
from dashboard.charts import theme as look
from dashboard.charts.challenge import (
    CROSSOVER,
    DIFFERENCE,
    DONORS,
    MUTANT,
    SELECTION,
    STAGES,
    Challenge,
    captions,
    challenge_of,
    crossing,
    finding,
    gene,
    outcome,
)
from dashboard.charts.chart import is_log, limits, log_ticks
from dashboard.charts.contour import pixel
from dashboard.charts.crossing import PALE, Window, add_captions, around, framed, placed
from dashboard.charts.difference import Trial, add_key, add_level, add_trial
from dashboard.charts.generations import faded, rim
from dashboard.charts.marks import color_of
from dashboard.charts.mating import PLAIN, row
from dashboard.charts.offspring import GENES, ordinal
from dashboard.charts.picture import Bookmark, Equation, KeyEntry, Picture, Readout, Scene
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import number

ROLES = {"a": "base", "b": "difference", "c": "difference", "v": "mutant"}


def trying(trace: Trace, view: View, theme: Theme, link: str = "") -> Scene:
    """Return the scene of one trial: how the followed member was challenged in generation `view.inside`."""
    view = view.fitted(trace.x.shape[-1], trace.x.shape[1], len(trace))
    one = challenge_of(trace, view)
    title, subtitle = finding(one)
    pictures = [_picture(one, view, theme), _ranks(one, theme)]
    if one.x.size > 2:
        pictures.insert(1, _coordinates(one, theme))
    return Scene(
        run=trace.run.id,
        frames=STAGES,
        title=title,
        subtitle=subtitle,
        pictures=tuple(pictures),
        equation=_numbers(one, view),
        table=_table(one, view),
        outcome=outcome(one),
        bookmarks=(
            Bookmark(DONORS, "three donors", "fork"),
            Bookmark(MUTANT, "mutation", "triangle"),
            Bookmark(CROSSOVER, "crossover", "fork"),
            Bookmark(SELECTION, "accepted" if one.taken else "rejected", "diamond" if one.taken else "x"),
        ),
        colors=theme.css(),
        frame_word="stage",
        link=link,
        at=view.frame if 0 <= view.frame < STAGES else -1,
        closer="Back to all generations",
        inside=one.k,
        deeper=1,
    )


def staged(one: Challenge) -> Trial:
    """Return the trial as it is drawn at every stage: points (STAGES, d), NaN before their stage."""
    first = {"x": 0, "a": DONORS, "b": DONORS, "c": DONORS, "v": MUTANT, "w": MUTANT, "u": CROSSOVER}
    stage = np.arange(STAGES)
    points = {
        name: np.where(stage[:, None] >= since, getattr(one, name), np.nan).astype(float)
        for name, since in first.items()
    }
    crossed, last = stage[:, None] >= CROSSOVER, stage == SELECTION
    return Trial(
        **points,
        from_x=crossed & one.from_x,
        from_v=crossed & ~one.from_x,
        taken=last & one.taken,
        dropped=last & (not one.taken),
        differs=stage >= DIFFERENCE,
    )


def _picture(one: Challenge, view: View, theme: Theme) -> Picture:
    """Return the large picture of a trial: on a curve in one dimension, else on contour lines."""
    sketch, trace, shown = Sketch(theme), one.trace, staged(one)
    land, flat = trace.landscape, one.x.size > 1
    which = list(view.pair) if flat else [0]
    kin = np.array([one.x, one.a, one.b, one.c, one.w, one.u])[:, which]
    low, high, times = around(land, kin, one.crowd[:, which], which)
    name = f"x, member {one.who + 1}"
    if flat:
        whole = landscape.slice_of(trace, view)
        plane = whole if times == 1 else Window(whole.landscape, whole.pair, whole.anchor, (low, high))
        ground = landscape.grid(plane, View(scale=view.scale))
        sketch.fixed(landscape.contour(ground, theme))
        landscape.add_domain(sketch, whole)
        landscape.add_minima(sketch, plane)
        layout = landscape.plane_layout(plane, theme)
        low, high = landscape.extent(plane)
        _add_crowd(sketch, one, {"x": one.crowd[:, which[0]], "y": one.crowd[:, which[1]]})
        add_trial(sketch, trace, view, shown, pixel(plane), (low, high), name)
        landscape.add_hits(sketch, plane)
    else:
        low, high = curve.frame_of(trace) if times == 1 else framed(land, low, high)
        curve.add_curve(sketch, land, low[0], high[0])
        curve.add_minima(sketch, land)
        layout = curve.layout(theme, land, low, high)

        def place(x: np.ndarray, _: Any = None) -> dict[str, Any]:
            return {"x": x[..., 0], "y": curve.values(land, x)}

        _add_crowd(sketch, one, place(one.crowd))
        add_level(sketch, trace, shown, place, (high - low) / curve.FRAME, (low, high), name)
    layout["uirevision"] += f"-{one.k}-{one.who}"  # another trial is seen from where it happens
    sketch.entry("circle", color_of(trace), "member", outline=rim(theme, color_of(trace)))
    add_key(sketch, shown)
    if flat:
        sketch.key.append(landscape.scale_entry(ground, theme))
    add_captions(sketch, captions(one, times), np.array([(low[0] + high[0]) / 2, high[1]]))
    title, subtitle = finding(one)
    size = trace.x.shape[1]
    return Picture(
        id="landscape",  # as in the run's own picture, so that the zoom is kept
        figure={"data": sketch.data, "layout": layout},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=subtitle,
        alt=f"How member {one.who + 1} was challenged in generation {one.k:,}. {title}. {subtitle}.",
        key=sketch.ordered_key,
        choices={"follow": tuple((str(i), f"member {i + 1} of {size}") for i in range(size))},
        chosen={"follow": str(one.who)},
    )


def _add_crowd(sketch: Sketch, one: Challenge, at: dict[str, Any]) -> None:
    """Add the members as they were when the turn came, first bold, then quiet."""
    theme, color = sketch.theme, color_of(one.trace)
    points = np.stack([at["x"], at["y"]], axis=-1)
    bold = sign("circle", theme.mark(color), look.PARTICLE, rim(theme, color), 1.4)
    quiet = sign("circle", faded(theme, color, PALE), look.PARTICLE - 2)
    sketch.move("members", "point", bold, **placed(points, STAGES, 0))
    sketch.move("not chosen", "point", quiet, **placed(points, STAGES, *range(1, STAGES)))


def _table(one: Challenge, view: View) -> dict[str, np.ndarray]:
    """Return the trial's coordinates and value at every stage, NaN before it is made."""
    stage = np.arange(STAGES)
    columns: dict[str, np.ndarray] = {"stage": stage, "f of x": np.full(STAGES, one.fx)}
    for i in (0,) if one.x.size == 1 else view.pair:
        columns[f"{gene(one, i)} of v"] = np.where(stage >= MUTANT, one.v[i], np.nan)
        columns[f"{gene(one, i)} of u"] = np.where(stage >= CROSSOVER, one.u[i], np.nan)
    return columns | {"f of u": np.where(stage >= SELECTION, one.fu, np.nan)}


def _coordinates(one: Challenge, theme: Theme) -> Picture:
    """Return all coordinates side by side: the member's, the mutant's, and those that the trial has of either."""
    sketch, color, d = Sketch(theme), color_of(one.trace), one.x.size
    order = np.arange(1, d + 1, dtype=float)
    size = 9 if d <= 20 else 5
    shown = staged(one)
    signs = (
        ("x", shown.x, sign("circle", theme.mark(color), size, rim(theme, color), 1)),
        ("v", shown.w, sign("circle", theme.halo, size, theme.line("mutant"), 2.4)),
    )
    u = shown.u
    steps = np.full((STAGES, 3 * d), np.nan)
    across = np.stack([order - 0.3, order + 0.3, np.full(d, np.nan)], axis=-1).ravel()
    steps[:, 0::3] = steps[:, 1::3] = u
    sketch.move("u", "polyline", line(theme.line("step"), 3), x=across, y=steps)
    for name, points, style in signs:
        sketch.move(name, "point", style, x=np.tile(order, (STAGES, 1)), y=points)
    low, high = limits([one.x, one.w], False)
    xaxis = look.axis(theme, "coordinate", range=[0.2, d + 0.8], nticks=6)
    yaxis = look.axis(theme, "", range=[low, high], showgrid=True, nticks=5)
    room = theme.size / 14
    margin = {"l": round(40 * room), "r": round(8 * room), "t": round(6 * room), "b": round(44 * room)}
    count = int(np.sum(~one.from_x))
    return Picture(
        id="coordinates",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "coordinates", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=f"The trial has {count} of {d} coordinates of v",
        subtitle="x, v and u, coordinate by coordinate",
        alt=f"The {d} coordinates of the member, the mutant and the trial: {crossing(one)}.",
        key=(
            KeyEntry("circle", theme.mark(color), "x"),
            KeyEntry("circle", theme.halo, "v", outline=theme.line("mutant")),
            KeyEntry("line", theme.line("step"), "u"),
        ),
    )


def _ranks(one: Challenge, theme: Theme) -> Picture:
    """Return the values of all members in their order, with the target, its donors and the trial among them."""
    sketch, color = Sketch(theme), color_of(one.trace)
    f = np.sort(np.where(np.isfinite(one.crowd_fx), one.crowd_fx, np.nan))
    log = is_log(f, np.array([one.fu]))
    low, high = limits([f, np.array([one.fu])], log)
    order = np.arange(1, len(f) + 1, dtype=float)

    def held(y: Any) -> np.ndarray:
        y = np.where(np.isfinite(y), y, np.nan)
        return np.asarray(np.maximum(y, 10**low) if log else y)

    sketch.move("members", "still", sign("circle", faded(theme, color, 0.6), 5), x=order, y=held(f))
    marks = [
        ("b", one.fb, theme.mark("difference"), 9, DONORS),
        ("c", one.fc, theme.mark("difference"), 9, DONORS),
        ("a", one.fa, theme.mark("base"), 10, DONORS),
        ("target", one.fx, theme.mark(color), 12, 0),
    ]
    for name, value, fill, size, since in marks:
        at = np.array([float(one.rank(value)), float(held(value))])
        sketch.move(
            name, "point", sign("circle", fill, size, theme.text, 1.6), **placed(at, STAGES, *range(since, STAGES))
        )
    shown = np.where(np.arange(STAGES) >= SELECTION, one.fu, np.nan)
    across: dict[str, Any] = {
        "x": np.zeros(STAGES),
        "x2": np.full(STAGES, len(f) + 1.0),
        "y": held(shown),
        "y2": held(shown),
    }
    sketch.move("f(u)", "segments", line(theme.text, 1.6, "4px,3px"), **across)
    xaxis = look.axis(theme, "rank among the members", range=[0.0, len(f) + 1.0], nticks=5)
    yaxis = look.axis(theme, "", range=[low, high], showgrid=True)
    yaxis |= {"type": "log"} | log_ticks(low, high) if log else {"nticks": 5}
    room = theme.size / 14
    margin = {"l": round(46 * room), "r": round(8 * room), "t": round(6 * room), "b": round(44 * room)}
    rank = one.rank(one.fu)
    stands = "is" if one.taken else "would be"
    stands = "the trial is worse than all" if rank > len(f) else f"the trial {stands} {ordinal(rank)}"
    title = f"x is {ordinal(one.rank(one.fx))} of {len(f)}; {stands}"
    readout = Readout(
        np.tile(order, (STAGES, 1)), np.tile(held(f), (STAGES, 1)), {"f": np.tile(f, (STAGES, 1))}, "rank"
    )
    return Picture(
        id="ranks",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "ranks", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle="f when the turn came" + (", log scale" if log else ""),
        alt=f"{title}; the best has f = {number(float(f[0]))}.",
        key=(
            KeyEntry("circle", theme.mark(color), "x", outline=theme.text),
            KeyEntry("circle", theme.mark("base"), "a", outline=theme.text),
            KeyEntry("circle", theme.mark("difference"), "b, c", outline=theme.text),
            KeyEntry("dash", theme.text, "f(u)"),
        ),
        readout=readout,
    )


def _numbers(one: Challenge, view: View) -> Equation:
    """Return the coordinates of all points of the trial as a table; a row is filled when its stage comes."""
    d, color = one.x.size, color_of(one.trace)
    which = list(range(d)) if d <= GENES else list(view.pair)
    columns = [*[gene(one, i) for i in which], "f"]
    rows = [
        ("x", one.x, one.fx, 0),
        ("a", one.a, one.fa, DONORS),
        ("b", one.b, one.fb, DONORS),
        ("c", one.c, one.fc, DONORS),
        ("b − c", one.b - one.c, np.nan, DIFFERENCE),
        ("v", one.v, np.nan, MUTANT),
        *([("v̄", one.w, np.nan, MUTANT)] if one.reflected else []),
        ("u", one.u, one.fu, CROSSOVER),
    ]
    tints = {"x": color, "b − c": "difference", "v̄": "mutant", **ROLES}
    table = ElementTree.Element("table", {"style": PLAIN})
    row(table, "", [(name, "") for name in columns], "")
    slots: dict[str, np.ndarray] = {}
    for place, (name, x, f, stage) in enumerate(rows):
        slot = f"row{place}"
        slots[slot] = np.full((STAGES, len(columns)), np.nan)
        slots[slot][stage:] = np.append(np.asarray(x, float)[which], f)
        tones = [tints.get(name, "")] * len(which) + [""]
        if name == "u":
            slots[slot][:SELECTION, -1] = np.nan
            tones = [color if one.from_x[i] else "mutant" for i in which] + [""]
        row(table, name, [("", tone) for tone in tones], tints.get(name, ""), slot)
    members = f"member {one.who + 1} of {one.trace.x.shape[1]} in generation {one.k:,}"
    part = f", {columns[0]} and {columns[1]} of {d} coordinates" if len(which) < d else ""
    text = ElementTree.tostring(table, encoding="unicode", short_empty_elements=False)
    return Equation(lines=((text, ""),), slots=slots, note=members + part, title="The trial in numbers")
