"""A population that steps by differences of its members: one member's next trial, drawn from a, b and c to its fate.

Drawn is the step to come. Donors may have moved already in that very step: they are shown where they were used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import shapes
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart
from dashboard.charts.generations import curve_pixel, rim
from dashboard.charts.marks import Place, color_of
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.placing import Drawn, Spot, Way, add_names, stars
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.spread import spread
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number
from dashboard.charts.words import frame_word, unmoved

Ends = tuple[np.ndarray, np.ndarray]  # corners of what is seen, (2,) each
SHORT = 5  # pixels: shorter lines and arrows are not drawn
OTHERS = 0.5  # how much of the color of the members is left that are not followed
TOGETHER = 30  # pixels: points that are all so near to the member are not named
ALONG = 33  # points at which the ground below a line is looked at
POINTS = ("x", "a", "b", "c", "v", "w", "u")
LAYERS = {"crossover": "whose coordinates", "others": "steps of the others"}


@dataclass(frozen=True, eq=False)
class Trial:
    """One member's trials in all frames, each of the step to come: positions (T, d), NaN where there is none.

    `x` is the member now, `v` the mutant, `w` the mutant reflected at the walls, `u` the trial; `from_x` and `from_v`
    (T, d) tell whose coordinates it has, and `taken` and `dropped` (T,) its fate. The difference is drawn where it
    `differs` (T,).
    """

    x: np.ndarray
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    v: np.ndarray
    w: np.ndarray
    u: np.ndarray
    from_x: np.ndarray
    from_v: np.ndarray
    taken: np.ndarray
    dropped: np.ndarray
    differs: np.ndarray

    def fates(self, spot: Spot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where trials lie (T, 2) that are taken, that are dropped, and whose fate is open."""
        u = spot(self.u)
        whose = (self.taken, self.dropped, ~(self.taken | self.dropped))
        taken, dropped, open_ = (np.where(which[:, None], u, np.nan) for which in whose)
        return taken, dropped, open_


def offered(trace: Trace) -> dict[str, str]:
    """Return what can be switched off in the picture of differences: id -> label; nothing for other runs."""
    return LAYERS if "donors" in trace.fields and trace.x.shape[-1] > 1 else {}


def trial_of(trace: Trace, who: int) -> Trial:
    """Return the trials of one member."""

    def ahead(name: str) -> np.ndarray:
        return following(np.asarray(trace.value(name)[:, who], float))

    x, u, w = np.asarray(trace.x[:, who], float), ahead("trial"), ahead("landed")
    from_x = u == x
    taken = np.append(np.asarray(trace.value("accepted"), bool)[1:, who], False)
    there = np.arange(len(trace)) < len(trace) - 1
    a, b, c, v = (ahead(name) for name in ("donor_a", "donor_b", "donor_c", "mutant"))
    return Trial(x, a, b, c, v, w, u, from_x, ~from_x & there[:, None], taken, there & ~taken, there)


def add_differences(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None) -> None:
    """Add the members, the best so far, and how the followed one comes to its next trial."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x, trace.fx)
    disc = sign("circle", theme.mark(color), look.PARTICLE - 1, rim(theme, color), 1.2)
    sketch.move("members halo", "point", sign("circle", theme.halo, look.PARTICLE + 2), opacity=OTHERS, **at)
    sketch.move("members", "point", disc, opacity=0.75, **at)
    sketch.entry("circle", color, "member", outline=rim(theme, color))
    if unit is not None and "others" not in view.hide:
        _add_steps(sketch, trace, view)
    best = place(trace.best_x, trace.best_fx)
    diamond = sign("diamond", theme.mark("best"), look.BEST, theme.rim("best"), 1.6)
    sketch.move("swarm best", "point", diamond, **best)
    sketch.entry("diamond", "best", "best", outline=theme.rim("best"))
    one, name = trial_of(trace, view.follow), f"x, member {view.follow + 1}"
    if sketch.solid:
        _add_over(sketch, trace, one, place)
    elif unit is not None:
        pair = list(view.pair)
        ends = np.asarray(trace.landscape.low, float)[pair], np.asarray(trace.landscape.high, float)[pair]
        add_trial(sketch, trace, view, one, unit, ends, name)
    else:
        ends = np.append(trace.landscape.low, -np.inf), np.append(trace.landscape.high, np.inf)
        add_level(sketch, trace, one, place, curve_pixel(trace, place), ends, name)
    add_key(sketch, one)
    if unit is not None and "others" not in view.hide:
        sketch.entry("line", color, "others' steps")
    if unit is not None and "crossover" not in view.hide and (one.from_x.any() and one.from_v.any()):
        sketch.entry("dot", "mutant", "crossover")


def _add_steps(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add the steps of all members whose next trial is better, thin and faint; those of the others have no length."""
    ends: dict[str, Any] = {}
    for axis, i in zip("xy", view.pair):
        padded = np.concatenate([trace.x[..., i], np.full((1, trace.x.shape[1]), np.nan)])
        ends |= {axis: padded[:-1], axis + "2": padded[1:]}
    style: dict[str, Any] = line(sketch.theme.line(color_of(trace)), 1.2) | {"meta": {"least": SHORT}}
    sketch.move("steps of the others", "segments", style, opacity=0.5, **ends)


def add_key(sketch: Sketch, one: Trial) -> None:
    """Add what the signs of a trial stand for."""
    theme = sketch.theme
    sketch.entry("circle", "base", "base a", outline=theme.text)
    sketch.entry("circle", "difference", "b, c", outline=theme.text)
    sketch.entry("arrow", "difference", "difference")
    sketch.key.append(KeyEntry("circle", theme.halo, "mutant v", outline=theme.line("mutant")))
    if one.taken.any():
        sketch.entry("arrow", "step", "u accepted")
    if one.dropped.any():
        sketch.entry("x", "rejected", "u rejected")


def add_trial(sketch: Sketch, trace: Trace, view: View, one: Trial, unit: np.ndarray, ends: Ends, name: str) -> None:
    """Add a trial in the plane: b − c where it is, its scaled copy at a, the mutant, the trial and its fate."""
    color, pair = color_of(trace), list(view.pair)

    def spot(x: np.ndarray) -> np.ndarray:
        return x[:, pair]

    at = {key: spot(getattr(one, key)) for key in POINTS}
    at["w"] = _apart(at["v"], at["w"], unit)
    ways = {
        "difference": (at["c"], np.where(one.differs[:, None], at["b"], np.nan)),
        "scaled difference": (at["a"], at["v"]),
    }
    if "crossover" not in view.hide:
        both = np.array(one.from_x[:, pair].any(axis=1) & one.from_v[:, pair].any(axis=1))
        mixed = np.where(both[:, None], at["u"], np.nan)
        _segment(sketch, "coordinates from v", "mutant", 2.2, "2px,4px", spot(one.w), mixed)
        _segment(sketch, "coordinates from x", color, 2.2, "2px,4px", at["x"], mixed)
    _add_fate(sketch, trace, one, spot, at, ways)
    names = {"x": name, "a": "a", "b": "b", "c": "c", "v": "v", "w": "v̄", "u": "u"}
    _add_names(sketch, trace, spot, at, names, [*ways.values(), (at["x"], at["u"])], unit, ends)


def add_level(sketch: Sketch, trace: Trace, one: Trial, place: Place, unit: np.ndarray, ends: Ends, name: str) -> None:
    """Add a trial on a curve: differences lie level, each at the height of the point that it starts from."""

    def spot(x: np.ndarray) -> np.ndarray:
        where = place(x)
        return np.stack([where["x"], where["y"]], axis=-1)

    at = {key: spot(getattr(one, key)) for key in POINTS}
    at["w"] = _apart(at["v"], at["w"], unit)
    ways, drops = {}, {}
    for key, tail, tip in (("difference", at["c"], at["b"]), ("scaled difference", at["a"], at["v"])):
        tip = np.where(one.differs[:, None], tip, np.nan)
        ways[key] = tail, np.stack([tip[:, 0], tail[:, 1]], axis=-1)
        drops[key] = ways[key][1], tip
    for key, (tail, tip) in drops.items():
        _segment(sketch, f"drop of the {key}", "difference", 1.6, "3px,3px", tail, tip)
    _add_fate(sketch, trace, one, spot, at, ways)
    names = {"x": name, "a": "a", "b": "b", "c": "c", "v": "v", "w": "v̄"}
    _add_names(sketch, trace, spot, at, names, [*ways.values(), *drops.values()], unit, ends)


def _apart(v: np.ndarray, w: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return where mutants landed (T, 2) that had left the domain, NaN for those that had not."""
    with np.errstate(all="ignore"):
        return np.where((np.abs(v - w) > 0.5 * unit).any(axis=1, keepdims=True), w, np.nan)


def _segment(sketch: Sketch, name: str, role: str, width: float, dash: str, tail: np.ndarray, tip: np.ndarray) -> None:
    """Add a plain line between two points (T, 2) of every frame."""
    sketch.haloed(name, "segments", line(sketch.theme.line(role), width, dash), **_ends(tail, tip))


def _ends(tail: np.ndarray, tip: np.ndarray) -> dict[str, Any]:
    """Return two points (T, 2) of every frame as the ends of a segment."""
    return {"x": tail[:, 0], "y": tail[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}


def _add_fate(
    sketch: Sketch, trace: Trace, one: Trial, spot: Spot, at: dict[str, np.ndarray], ways: dict[str, Way]
) -> None:
    """Add the arrows of a trial, its points, and what became of it; the member itself comes last and is largest."""
    theme, color = sketch.theme, color_of(trace)
    taken, dropped, undecided = one.fates(spot)
    donor = sign("circle", theme.mark("difference"), look.PARTICLE + 1, theme.text, 1.6)
    mutant = sign("circle", theme.halo, look.PARTICLE, theme.line("mutant"), 3)

    def put(name: str, point: np.ndarray, style: dict[str, Any], **more: Any) -> None:
        sketch.move(name, "point", style, x=point[:, 0], y=point[:, 1], **more)

    _segment(sketch, "reflected", "mutant", 2, "6px,4px", at["v"], at["w"])
    _segment(sketch, "rejected step", "rejected", 2.2, "5px,4px", at["x"], dropped)
    widths = {name: look.STEP if name == "scaled difference" else look.ARROW - 1 for name in ways}
    for name, (tail, tip) in ways.items():  # halos below the points, arrows above: neither hides the other
        style: dict[str, Any] = line(theme.halo, widths[name] + 2 * look.HALO) | {"meta": {"least": SHORT}}
        sketch.move(f"{name} halo", "segments", style, **_ends(tail, tip))
    put("b", at["b"], donor)
    put("c", at["c"], donor)
    put("a", at["a"], sign("circle", theme.mark("base"), look.PARTICLE + 3, theme.text, 1.6))
    for name, (tail, tip) in ways.items():
        style = line(theme.line("difference"), widths[name]) | {"meta": {"halo": theme.halo, "least": SHORT}}
        sketch.move(name, "segments", style, arrow=True, **_ends(tail, tip))
    put("mutant", at["v"], mutant)
    put("landed", at["w"], mutant)
    put("trial", undecided, sign("circle", theme.halo, look.PARTICLE - 3, theme.text, 2))
    put("rejected trial", dropped, sign("x", theme.mark("rejected"), look.TRIED + 1, "", 3))
    put("accepted trial", taken, sign("circle", theme.mark(color), look.PARTICLE - 1, theme.text, 2))
    sketch.arrow("accepted step", "step", look.STEP - 1, at["x"], taken, least=SHORT)
    put("followed halo", at["x"], sign("circle", theme.halo, look.FOLLOWED + 6))
    put("followed", at["x"], sign("circle", theme.mark(color), look.FOLLOWED, theme.text, 2.6), head=True)


def _add_names(
    sketch: Sketch,
    trace: Trace,
    spot: Spot,
    at: dict[str, np.ndarray],
    names: dict[str, str],
    lines: list[Way],
    unit: np.ndarray,
    ends: Ends,
) -> None:
    """Add the names of the points of a trial where they hide least; where all lie together only the member's own."""
    known = {key: at[key] for key in names}
    roles = {"x": color_of(trace), "a": "base", "b": "difference", "c": "difference", "v": "mutant", "w": "mutant"}
    roles["u"] = "step"
    with np.errstate(all="ignore"):
        away = [np.linalg.norm((point - at["x"]) / unit, axis=-1) for point in known.values()]
        together = np.fmax.reduce(away) < TOGETHER
    known = {key: np.where((together & (key != "x"))[:, None], np.nan, point) for key, point in known.items()}
    points = known | stars(trace, spot)
    if len(known["x"]) == len(trace):  # frames are generations, not the stages of one trial
        points["best"] = spot(np.asarray(trace.best_x, float))
    add_names(sketch, names, roles, Drawn(unit, sketch.theme.size / 14, ends, points, lines))


def _add_over(sketch: Sketch, trace: Trace, one: Trial, place: Place) -> None:
    """Add a trial on a surface, its lines as bridges that nothing of the ground is above of."""
    theme, color = sketch.theme, color_of(trace)
    taken, dropped = (np.where(which[:, None], one.u, np.nan) for which in (one.taken, one.dropped))
    for name, role, width, tail, tip in (
        ("difference", "difference", look.ARROW - 1, one.c, one.b),
        ("scaled difference", "difference", look.STEP, one.a, one.v),
        ("accepted step", "step", look.STEP, one.x, taken),
        ("rejected step", "rejected", look.ARROW - 1, one.x, dropped),
    ):
        sketch.move(name, "polyline", line(theme.line(role), width), **_bridge(place, tail, tip))
    for name, point, role, size in (
        ("b", one.b, "difference", look.PARTICLE + 3),
        ("c", one.c, "difference", look.PARTICLE - 1),
        ("a", one.a, "base", look.PARTICLE + 3),
        ("mutant", one.v, "mutant", look.PARTICLE + 1),
        ("accepted trial", taken, "step", look.PARTICLE),
    ):
        sketch.move(name, "point", sign("circle", theme.mark(role), size, theme.text, 1.4), **place(point))
    sketch.move("rejected trial", "point", sign("x", theme.mark("rejected"), look.TRIED + 1 - 3), **place(dropped))
    sketch.move("followed", "point", sign("circle", theme.mark(color), look.FOLLOWED, theme.text, 2), **place(one.x))


def _bridge(place: Place, tail: np.ndarray, tip: np.ndarray) -> dict[str, Any]:
    """Return a line from tail to tip (T, d) in space that is lifted as far as the ground below it asks for."""
    share = np.linspace(0, 1, ALONG)
    way = place(tail[:, None] + share[:, None] * (tip - tail)[:, None])
    first, last = way["z"][:, :1], way["z"][:, -1:]
    with np.errstate(all="ignore"):
        lift = np.max(way["z"] - (first + share * (last - first)), axis=1, keepdims=True)
    z = np.concatenate([first, first + lift, last + lift, last], axis=1)
    return {axis: np.repeat(way[axis][:, [0, -1]], 2, axis=1) for axis in "xy"} | {"z": z}


def spread_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the length of the differences beside the spread of the population, which sets it."""
    wide, long = spread(trace), shapes.differences(trace)
    color = color_of(trace)
    times = shapes.times_spread(trace)
    same = f"b − c is about {number(float(f'{times:.2g}'))} × the spread"
    title = unmoved(trace) or (same if np.isfinite(times) else "Nothing is spread: there are no differences")
    over = counted(len(trace) - 1, frame_word(trace))
    first, start, end = (number(float(value)) for value in (long[0], wide[0], wide[-1]))
    alt = (
        f"Median length of the differences b − c and mean distance to the population's center, over {over}: "
        f"{first} and {start} at the start; the spread is {end} at the end."
    )
    lines = [Line("|b − c|, median", long, "difference"), Line("spread", wide, color, dash="dash", dot=False)]
    key = (KeyEntry("line", theme.line("difference"), "|b − c|"), KeyEntry("dash", theme.line(color), "spread"))
    subtitle = "length of differences, distance to the center"
    return chart("differences", title, subtitle, alt, theme, trace, lines, key=key)


def accepted_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the share of trials that took their member's place."""
    share = 100 * np.asarray(trace.value("accepted"), float).mean(axis=1)
    share[0] = np.nan
    whole = float(np.nanmean(share)) if len(trace) > 1 else np.nan
    title = unmoved(trace) or f"{whole:.0f} % of the trials are accepted"
    alt = f"Share of trials accepted in each of {counted(len(trace) - 1, frame_word(trace))}, {whole:.0f} % on average."
    lines = [Line("accepted", share, color_of(trace))]
    return chart("accepted", title, "trials no worse than their member", alt, theme, trace, lines, log=False, unit=" %")
