"""How a run decides on worse moves: the curve p = exp(−Δ/T), the last decisions on it, and what share is taken."""

from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.outcomes import IMPROVED, WORSE, outcomes, ratio, rises
from dashboard.charts.picture import Picture
from dashboard.charts.sketch import Sketch, line, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import number, unmoved

LAST = 20  # decisions that stay in sight
RECENT = 50  # moves that the share taken is measured over
LEAST, MOST = -1.0, 5.0  # of Δ/T: beyond, dots lie at the edge
FREE = ((3.5, 0.85), (3.5, 0.6), (2.2, 0.85), (2.2, 0.6), (3.5, 0.35), (2.4, 0.38))  # for the word above the curve
ROOM = (0.95, 0.16)  # half of what it takes of the plane, with half a sign
TOLD = 1.15  # height at which the present decision is told
TICKS = {-1: "≤ −1", 0: "0", 1: "1", 2: "Δ/T = 2", 3: "3", 4: "4", 5: "≥ 5"}


def height(trace: Trace) -> np.ndarray:
    """Return how high each decision lies (T,): at the number drawn, at 1 without a draw, at 0 where it is too cold."""
    drawn, share = np.asarray(trace.value("draw"), float), ratio(trace)
    return np.where(np.isfinite(drawn), drawn, np.where(share > 0, 0.0, np.where(np.isnan(share), np.nan, 1.0)))


def share_taken(trace: Trace) -> np.ndarray:
    """Return which share of the last RECENT moves was taken (T,); NaN at the start, which was no move."""
    taken = np.cumsum(np.append(0, np.asarray(trace.value("accepted"), bool)[1:]))
    k = np.arange(len(trace))
    first = np.maximum(k - RECENT, 0)
    with np.errstate(all="ignore"):
        return (taken - taken[first]) / (k - first)


def decisions(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the curve of acceptance with the last decisions on it; the one that comes next stands out in words."""
    sketch, across, up = Sketch(theme), ratio(trace).clip(LEAST, MOST), height(trace)
    _add_curve(sketch)
    found = outcomes(trace)
    free = free_spots(across, up)
    sketch.move("rejected", "text", _quiet(theme, "rejected"), x=free[:, 0], y=free[:, 1])
    for outcome, which in reversed(found.items()):
        at: dict[str, Any] = {"x": np.where(which, across, np.nan), "y": np.where(which, up, np.nan)}
        sketch.move(f"{outcome.label} decisions", "tail", outcome.sign(theme, 9), length=LAST, opacity=0.85, **at)
    now = np.minimum(np.arange(len(trace)) + 1, len(trace) - 1)  # at the end the last one stays, as in the update rule
    here, there = across[now], up[now]
    drop: dict[str, Any] = {"x": here, "y": np.zeros(len(trace)), "x2": here, "y2": np.exp(-np.maximum(here, 0))}
    sketch.move("chance now", "segments", line(theme.text, 1.6, "3px,3px"), **drop)
    sketch.move("ring", "point", sign("circle", theme.halo, 22, theme.text, 2), x=here, y=there)
    for outcome, which in found.items():
        at = {"x": np.where(which[now], here, np.nan), "y": np.where(which[now], there, np.nan)}
        sketch.move(f"{outcome.label} now", "point", outcome.sign(theme, 13), **at)
    told = words(theme, "", theme.text, "middle center")
    place: dict[str, Any] = {"x": np.full(len(trace), (LEAST + MOST) / 2), "y": np.full(len(trace), TOLD)}
    sketch.move("decision", "text", told, words=_told(trace, now), **place)
    title = unmoved(trace) or _title(trace, found[WORSE], found[IMPROVED])
    return Picture(
        id="decisions",
        figure={"data": sketch.data, "layout": _layout(theme)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle="taken if the draw is below p = exp(−Δ/T)",
        alt=f"Chance p = exp(−Δ/T) over Δ/T, with the last {LAST} of {counted(len(trace) - 1, 'decision')}. {title}.",
        key=tuple(outcome.entry(theme) for outcome, which in found.items() if which.any()),
    )


def _add_curve(sketch: Sketch) -> None:
    """Add the curve, with the ground below it tinted."""
    theme = sketch.theme
    x = np.concatenate([[LEAST - 1, 0.0], np.linspace(0, MOST + 1, 60)[1:]])
    area = {"type": "scatter", "name": "taken", "x": x, "y": np.exp(-np.maximum(x, 0)), "fill": "tozeroy"}
    sketch.fixed(area | {"fillcolor": theme.grid} | line(theme.line("ghost"), 2))
    sketch.fixed({"type": "scatter", "name": "taken", "x": [(LEAST - 0.3) / 2], "y": [0.3]} | _quiet(theme, "taken"))


def _quiet(theme: Theme, word: str) -> dict[str, Any]:
    style = words(theme, word, theme.quiet, "middle center")
    style["textfont"] |= {"weight": 400, "shadow": "none"}
    return style


def free_spots(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return where above the curve a word stands (T, 2) that hides the fewest of the decisions in sight.

    It stays where it is until one comes there.
    """
    spots = np.array(FREE)
    now = np.append(np.arange(1, len(up)), len(up) - 1)
    hit = (np.abs(across[:, None] - spots[:, 0]) < ROOM[0]) & (np.abs(up[:, None] - spots[:, 1]) < ROOM[1])
    seen = np.concatenate([np.zeros((1, len(spots)), int), np.cumsum(hit, axis=0)])
    k = np.arange(len(up))
    count = seen[k + 1] - seen[np.maximum(k + 1 - LAST, 0)] + 2 * hit[now]
    chosen, last = np.zeros(len(up), int), 0
    for i, hidden in enumerate(count):
        last = last if hidden[last] == 0 else int(np.argmin(hidden))
        chosen[i] = last
    return np.asarray(spots[chosen])


def _layout(theme: Theme) -> dict[str, Any]:
    ticks = {"tickmode": "array", "tickvals": list(TICKS), "ticktext": list(TICKS.values())}
    xaxis = look.axis(theme, "", range=[LEAST - 0.3, MOST + 0.3], **ticks)
    yaxis = look.axis(theme, "", range=[0, TOLD + 0.15], showgrid=True, tickvals=[0, 0.5, 1])
    margin = {side: round(v * theme.size / 14) for side, v in {"l": 34, "r": 8, "t": 4, "b": 26}.items()}
    return look.layout(theme, xaxis, yaxis, "decisions", margin=margin)


def _told(trace: Trace, now: np.ndarray) -> tuple[str, ...]:
    """Return what each frame says of its decision: Δ, T and p."""
    if len(trace) < 2:
        return ("",)
    up, share = rises(trace), ratio(trace)
    heat = np.append(np.nan, np.asarray(trace.value("temperature"), float)[:-1])
    return tuple(f"Δ = {_short(up[k])}, T = {_short(heat[k])}, p {_chance(share[k])}" for k in now)


def _chance(share: float) -> str:
    p = float(np.exp(-max(share, 0.0)))
    return "< 0.001" if p < 1e-3 else f"= {number(float(f'{p:.2g}'))}"


def _short(value: float) -> str:
    return number(float(f"{value:.3g}" if 1e-2 <= abs(value) < 1e4 else f"{value:.2g}"))


def _title(trace: Trace, worse: np.ndarray, improved: np.ndarray) -> str:
    """Return how many of the worse moves were taken in the first and in the last third of the run."""
    up = np.flatnonzero(np.logical_not(improved))[1:]  # the start was no move
    if not len(up):
        return "Every move improves"
    if not worse.any():
        return "No worse move is taken"
    third = max(1, (len(trace) - 1) // 3)
    early, late = up[up <= third], up[up > len(trace) - 1 - third]
    if not len(early) or not len(late):
        return f"{int(worse.sum()):,} of {counted(len(up), 'worse move')} taken"
    first, last = (f"{100 * worse[part].mean():.0f} %" for part in (early, late))
    if first == last:
        return f"{first} of worse moves are taken, early and late"
    return f"Worse moves taken: {first} early, {last} late"
