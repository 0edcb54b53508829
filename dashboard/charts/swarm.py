"""A population: every member, where it goes next, what it remembers, and one member followed closely."""

from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart
from dashboard.charts.diagnosis import diameter
from dashboard.charts.difference import add_differences
from dashboard.charts.distribution import add_distribution
from dashboard.charts.generations import add_generations
from dashboard.charts.layers import flies, on_ring
from dashboard.charts.marks import Place, color_of
from dashboard.charts.naming import member
from dashboard.charts.picture import Picture
from dashboard.charts.placing import FARTHER, Drawn, Way, add_names, stars
from dashboard.charts.sketch import CLEAR, Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import number, unmoved

PULLS = ("inertia", "cognitive", "social")  # laid tip to tail they make the next velocity
SHORT = 16  # pixels: shorter velocities would only be blots
SMUDGE = 13  # pixels: so would shorter pulls
LINK = 1.2  # pixels: the width of a line between two that know each other
CROWD = 24  # members; the next moves of more are thin and faint, or they would hide the members
ASIDE = (13, 24, 36, 50)  # pixels from an arrow to its number, the nearest first


def add_members(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None = None) -> None:
    """Add the members and what they remember; with `unit`, the size of a pixel in the plane, also where they go."""
    if "parents" in trace.fields:  # row i of one generation is not row i of the next: nothing flies from one to it
        add_generations(sketch, trace, view, place, unit)
        return
    if "donors" in trace.fields:
        add_differences(sketch, trace, view, place, unit)
        return
    if "covariance" in trace.fields:
        add_distribution(sketch, trace, view, place, unit)
        return
    theme, color = sketch.theme, color_of(trace)
    flat = unit is not None
    at = place(trace.x, trace.fx)
    linked = unit is not None and "links" not in view.hide and has_links(trace)
    if linked:
        add_links(sketch, trace, view)
    owned = "personal_best" in trace.fields and "own-bests" not in view.hide
    if owned:
        own = place(trace.value("personal_best"), trace.fields.get("personal_best_fx"))
        sketch.move("own bests halo", "point", sign("diamond", CLEAR, 10, theme.halo, 4), opacity=0.7, **own)
        sketch.move("own bests", "point", sign("diamond", CLEAR, 10, theme.line("own-best"), 1.8), **own)
    level = trace.x.shape[-1] == 1  # on a curve, where members move along x and velocities lie level
    moving = (flat or level) and flies(trace)
    flying = moving and "velocities" not in view.hide
    if flying:
        _add_velocities(sketch, trace, (0,) if level else view.pair, at)
    disc = sign("circle", theme.mark(color), look.PARTICLE, _rim(theme, color), 1.4)
    # A particle flies straight from one position to the next, so its disc may glide; all else changes at iterates.
    glides = flat and moving
    sketch.move("members halo", "point", sign("circle", theme.halo, look.PARTICLE + 4), glide=glides, **at)
    sketch.move("members", "point", disc, glide=glides, **at)
    sketch.entry("circle", color, member(trace), outline=_rim(theme, color))
    if flying:
        sketch.entry("arrow", color, "next move")
    if owned:
        sketch.entry("diamond-open", "own-best", "own best")
    best = place(trace.best_x, trace.best_fx)
    size = look.BEST + 4 * flat  # its corners show behind the followed member
    sketch.move("swarm best", "point", sign("diamond", theme.mark("best"), size, theme.rim("best"), 1.6), **best)
    sketch.entry("diamond", "best", "best so far", outline=theme.rim("best"))
    if linked:
        who = f"{member(trace)} {view.follow + 1} follows the best"
        sketch.entry("line", "ghost", "neighbors" if on_ring(trace) else who)
    if unit is not None:
        _follow(sketch, trace, view, unit)


def _rim(theme: Theme, color: str) -> str:
    return theme.ink(color) if theme.is_pale(color) else theme.halo


def _add_velocities(sketch: Sketch, trace: Trace, pair: tuple[int, ...], at: dict[str, Any]) -> None:
    """Add the moves to the next frame as arrows at true length; the tips are a view of the positions, one frame on."""
    ends: dict[str, Any] = {}
    for axis, i in zip("xy", pair):
        padded = np.concatenate([trace.x[..., i], np.full((1, trace.x.shape[1]), np.nan)])
        ends |= {axis: padded[:-1], axis + "2": padded[1:]}
    if len(pair) == 1:
        ends |= {"y": at["y"], "y2": at["y"]}
    crowded = trace.x.shape[1] > CROWD
    style = line(sketch.theme.line(color_of(trace)), 1.4 if crowded else 1.8)
    style["meta"] = {"least": 2 * SHORT} if crowded else {"halo": sketch.theme.halo, "least": SHORT}
    if crowded:
        sketch.move("velocities", "segments", style, opacity=0.7, arrow=True, **ends)
    else:
        sketch.haloed("velocities", "segments", style, arrow=True, **ends)


def _follow(sketch: Sketch, trace: Trace, view: View, unit: np.ndarray) -> None:
    """Add one member in full: its pulls 1, 2, 3 tip to tail, their sum, its own best and its number."""
    theme, who, pair = sketch.theme, view.follow, list(view.pair)
    at = trace.x[:, who, pair]
    tail, known = at, all(pull in trace.optimizer.arrows for pull in PULLS)
    ways: list[Way] = []
    if known and "pulls" not in view.hide:
        for pull in PULLS:
            tip = tail + trace.arrow(pull)[:, who, pair]
            sketch.arrow(pull, pull, look.ARROW - 0.8, tail, tip, least=SMUDGE)
            ways.append((tail, tip))
            tail = tip
        sketch.entry("arrow", "inertia", "pulls 1, 2, 3")
    if flies(trace) and not (known and "pulls" in view.hide):
        sketch.arrow("sum", "step", look.STEP - 1, at, following(at), least=SMUDGE)
        sketch.entry("arrow", "step", "their sum" if ways else "its next move")
    if "personal_best" in trace.fields:
        own = trace.value("personal_best")[:, who, pair]
        diamond = sign("diamond", theme.mark("own-best"), 14, theme.rim("own-best"), 1.6)
        sketch.move("its own best", "point", diamond, x=own[:, 0], y=own[:, 1])
        sketch.entry("diamond", "own-best", f"{member(trace)} {who + 1}'s own best", outline=theme.rim("own-best"))
    color = color_of(trace)
    disc = sign("circle", theme.mark(color), look.FOLLOWED, theme.text, 2.4)
    sketch.move("followed", "point", disc, x=at[:, 0], y=at[:, 1], head=True, glide=flies(trace))
    _add_names(sketch, trace, view, unit, ways)


def _add_names(sketch: Sketch, trace: Trace, view: View, unit: np.ndarray, ways: list[Way]) -> None:
    """Add the numbers of the pulls, each beside its arrow, and the followed member's name, where they hide least."""
    who, pair = view.follow, list(view.pair)
    at, best = trace.x[:, who, pair], np.asarray(trace.best_x)[:, pair]
    points = {"it": at, "best": best, "next": following(at)}
    if "personal_best" in trace.fields:
        points["own best"] = trace.value("personal_best")[:, who, pair]
    ends = np.asarray(trace.landscape.low, float)[pair], np.asarray(trace.landscape.high, float)[pair]
    crowd = np.delete(trace.x[..., pair], who, axis=1)
    points |= stars(trace, lambda x: x[:, pair])
    drawn = Drawn(unit, sketch.theme.size / 14, ends, points, [*ways, (at, following(at))], crowd)
    for place, (pull, (tail, tip)) in enumerate(zip(PULLS, ways), 1):
        spots = _beside(tail, tip, unit)
        chosen = drawn.choose(str(place), spots / unit, FARTHER * np.repeat(range(len(ASIDE)), 2))
        sketch.label(str(place), pull, spots[np.arange(len(spots)), chosen], "middle center")
    name = f"{member(trace)} {who + 1}"
    add_names(sketch, {"it": name}, {"it": color_of(trace)}, drawn, glide=flies(trace))


def has_links(trace: Trace) -> bool:
    """Return whether members follow others: each the best one of those it knows."""
    return "leader" in trace.optimizer.derived


def add_links(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add who knows whom: on a ring thin lines between neighbors, else one from the followed member to the best.

    From all members to the same best they would be a thicket that says no more.
    """
    pair, ring = list(view.pair), on_ring(trace)
    who = slice(None) if ring else slice(view.follow, view.follow + 1)
    x = trace.x[:, who, pair]
    other = np.roll(x, -1, axis=1) if ring else np.asarray(trace.value("leader"))[:, who, pair]
    ends = {"x": x[..., 0], "y": x[..., 1], "x2": other[..., 0], "y2": other[..., 1]}
    sketch.move("links", "segments", line(sketch.theme.line("ghost"), LINK), opacity=0.55, **ends)


def _beside(tail: np.ndarray, tip: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return places (T, C, 2) for a number on both sides of an arrow's middle; NaN where the arrow is not drawn."""
    with np.errstate(all="ignore"):
        along = (tip - tail) / unit
        length = np.linalg.norm(along, axis=-1, keepdims=True)
        normal = along[:, ::-1] * [-1, 1] / length
    ways = np.array([side * far for far in ASIDE for side in (1, -1)])
    middle = np.where(length >= SMUDGE, (tail + tip) / 2, np.nan)
    return np.asarray(middle[:, None] + ways[:, None] * (normal * unit)[:, None])


def width_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how wide the swarm is: the largest distance between two particles, over the steps."""
    wide = diameter(trace)
    first, last = wide[0], wide[-1]
    if not np.isfinite(last):
        title = "The swarm explodes"
    elif 0.9 * first <= last <= 1.1 * first:
        title = f"The swarm stays about {number(float(f'{last:.2g}'))} wide"
    else:
        title = f"The swarm {'narrows' if last < first else 'spreads'} to {number(last)}"
    title = unmoved(trace) or title
    over = counted(len(trace) - 1, "step")
    alt = f"Largest distance of two particles over {over}: {number(first)} at the start, {number(last)} at the end."
    lines = [Line("swarm width", wide, color_of(trace))]
    return chart("swarm-width", title, "largest distance of two particles", alt, theme, trace, lines)
