"""A population: every member, where it goes next, what it remembers, and one member followed closely."""

from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart, count
from dashboard.charts.marks import Place, color_of
from dashboard.charts.picture import Picture
from dashboard.charts.sketch import CLEAR, Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.words import number

PULLS = ("inertia", "cognitive", "social")  # laid tip to tail they make the next velocity
SHORT = 16  # pixels: shorter velocities would only be blots
BLOCK = 2e6  # distances held at once


def add_members(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None = None) -> None:
    """Add the members and what they remember; with `unit`, the size of a pixel in the plane, also where they go."""
    theme, color = sketch.theme, color_of(trace)
    flat = unit is not None
    at = place(trace.x, trace.fx)
    if "personal_best" in trace.fields:
        own = place(trace.value("personal_best"), trace.fields.get("personal_best_fx"))
        sketch.move("own bests halo", "point", sign("diamond", CLEAR, 10, theme.halo, 4), opacity=0.7, **own)
        sketch.move("own bests", "point", sign("diamond", CLEAR, 10, theme.line("own-best"), 1.8), **own)
    if flat:
        _add_velocities(sketch, trace, view)
    disc = sign("circle", theme.mark(color), look.PARTICLE, _rim(theme, color), 1.4)
    # A particle flies straight from one position to the next, so its disc may glide; all else changes at iterates.
    sketch.move("members halo", "point", sign("circle", theme.halo, look.PARTICLE + 4), glide=flat, **at)
    sketch.move("members", "point", disc, glide=flat, **at)
    word = "particle" if "personal_best" in trace.fields else "member"
    sketch.entry("circle", color, word, outline=_rim(theme, color))
    if flat:
        sketch.entry("arrow", color, "velocity")
    if "personal_best" in trace.fields:
        sketch.entry("diamond-open", "own-best", "own best")
    best = place(trace.best_x, trace.best_fx)
    if unit is not None:
        _follow(sketch, trace, view, unit)
    sketch.move("swarm best", "point", sign("diamond", theme.mark("best"), look.BEST, theme.rim("best"), 1.6), **best)
    sketch.entry("diamond", "best", "best so far", outline=theme.rim("best"))


def _rim(theme: Theme, color: str) -> str:
    return theme.ink(color) if theme.is_pale(color) else theme.halo


def _add_velocities(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add the steps to the next frame as arrows at true length; the tips are a view of the positions, one frame on."""
    ends: dict[str, Any] = {}
    for axis, i in zip("xy", view.pair):
        padded = np.concatenate([trace.x[..., i], np.full((1, trace.x.shape[1]), np.nan)])
        ends |= {axis: padded[:-1], axis + "2": padded[1:]}
    style = line(sketch.theme.line(color_of(trace)), 1.8) | {"meta": {"halo": sketch.theme.halo, "least": SHORT}}
    sketch.haloed("velocities", "segments", style, arrow=True, **ends)


def _follow(sketch: Sketch, trace: Trace, view: View, unit: np.ndarray) -> None:
    """Add one member in full: its pulls 1, 2, 3 tip to tail, their sum, its own best and its number."""
    theme, who, pair = sketch.theme, view.follow, list(view.pair)
    at = trace.x[:, who, pair]
    tail, known = at, all(pull in trace.optimizer.arrows for pull in PULLS)
    if known:
        for place_, pull in enumerate(PULLS, 1):
            tip = tail + trace.arrow(pull)[:, who, pair]
            sketch.arrow(pull, pull, look.ARROW, tail, tip)
            sketch.label(str(place_), pull, _beside(tail, tip, unit), "middle center")
            tail = tip
    sketch.arrow("sum", "step", look.STEP, at, following(at))
    if "personal_best" in trace.fields:
        own = trace.value("personal_best")[:, who, pair]
        diamond = sign("diamond", theme.mark("own-best"), 14, theme.rim("own-best"), 1.6)
        sketch.move("its own best", "point", diamond, x=own[:, 0], y=own[:, 1])
    color = color_of(trace)
    disc = sign("circle", theme.mark(color), look.FOLLOWED, theme.text, 2.4)
    sketch.move("followed", "point", disc, x=at[:, 0], y=at[:, 1], head=True, glide=True)
    sketch.label(f"particle {who + 1}", color, at, glide=True)
    if known:
        for pull, label in zip(PULLS, ("1 keep going", "2 own best", "3 swarm best")):
            sketch.entry("arrow", pull, label)
        sketch.entry("arrow", "step", "sum")


def _beside(tail: np.ndarray, tip: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return the point 13 pixels to the left of an arrow's middle, NaN where the arrow is too short for a label."""
    with np.errstate(all="ignore"):
        along = (tip - tail) / unit
        length = np.linalg.norm(along, axis=-1, keepdims=True)
        normal = along[:, ::-1] * [-1, 1] / length
    return np.where(length > 2 * SHORT, (tail + tip) / 2 + 13 * normal * unit, np.nan)


def widths(x: np.ndarray) -> np.ndarray:
    """Return the largest distance between two members in each frame, (T, P, d) -> (T,)."""
    with np.errstate(all="ignore"):
        centered = x - x.mean(axis=1, keepdims=True)
        block = max(1, int(BLOCK // x.shape[1] ** 2))
        return np.concatenate([_widest(centered[i : i + block]) for i in range(0, len(x), block)])


def _widest(x: np.ndarray) -> np.ndarray:
    square = np.sum(x**2, axis=-1)
    between = square[:, :, None] + square[:, None, :] - 2 * x @ x.swapaxes(1, 2)
    return np.sqrt(np.maximum(between.max(axis=(1, 2)), 0))


def width_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how wide the swarm is: the largest distance between two particles, over the steps."""
    wide = widths(np.asarray(trace.x, float))
    first, last = wide[0], wide[-1]
    if not np.isfinite(last):
        title = "The swarm explodes"
    else:
        verb = "narrows to" if last < 0.9 * first else "spreads to" if last > 1.1 * first else "stays some"
        title = f"The swarm {verb} {number(last)}" + (" wide" if verb == "stays some" else "")
    over = count(len(trace) - 1, "step")
    alt = f"Largest distance of two particles over {over}: {number(first)} at the start, {number(last)} at the end."
    lines = [Line("swarm width", wide, color_of(trace))]
    return chart("swarm-width", title, "largest distance of two particles", alt, theme, trace, lines)
