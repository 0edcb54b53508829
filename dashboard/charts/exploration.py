"""Diversification and intensification as a chart: how widely a run searches, and how near to its best so far."""

from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.chart import Line, chart
from dashboard.charts.diagnosis import NEAR, diagnose, is_tour
from dashboard.charts.landmarks import width
from dashboard.charts.naming import frame_word, group
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.spread import LAST, collapse, spread, to_best
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number
from dashboard.charts.words import unmoved

NARROW = 0.3  # of the spread at first: a walk that ends with less has narrowed
STRAYED = 3  # times its own spread: a walk that is so far from its best has left it
SPREAD, AWAY = "spread: diversification", "distance to best: intensification"


def lines(trace: Trace) -> list[Line]:
    """Return the two lines of a run."""
    scale = 100 if is_tour(trace) else 1
    away = Line("distance to best", scale * to_best(trace), "ink", dash="2px,2px", dot=False, width=1.8)
    return [Line("spread", scale * spread(trace), str(trace.optimizer.color)), away]


def key(trace: Trace, theme: Theme) -> tuple[KeyEntry, ...]:
    """Return what the two lines stand for."""
    color = theme.line(str(trace.optimizer.color))
    return KeyEntry("line", color, SPREAD), KeyEntry("dot", theme.line("ink"), AWAY)


def exploration(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how widely a run searches and how far it is from its best, over the steps."""
    tours, many = is_tour(trace), trace.x.ndim == 3
    title = unmoved(trace) or (_gathering(trace) if many else _walk(trace))
    whose = "of the members" if many else f"of the last {LAST} tours" if tours else f"of the last {LAST} points"
    subtitle = f"share of edges that differ, {whose}" if tours else f"mean distances {whose}"
    ends = [f"{_amount(trace, of(trace)[k])}" for of in (spread, to_best) for k in (0, -1)]
    alt = (
        f"Spread and distance to the best over {counted(len(trace) - 1, frame_word(trace))}: the spread goes from "
        f"{ends[0]} to {ends[1]}, the distance to the best so far from {ends[2]} to {ends[3]}. {title}."
    )
    more: dict[str, Any] = {"key": key(trace, theme), "unit": " %" if tours else ""}
    log = None if many and not tours else False  # a swarm contracts over decades, a walk comes to a stand
    return chart("exploration", title, subtitle, alt, theme, trace, lines(trace), log=log, **more)


def _amount(trace: Trace, value: float) -> str:
    """Return a distance, or a share of edges in percent, with two digits."""
    return f"{number(float(f'{100 * value:.2g}'))} %" if is_tour(trace) else number(float(f"{value:.2g}"))


def _gathering(trace: Trace) -> str:
    """Return whether a population contracts, and around what, or stays wide."""
    who, wide, k = group(trace), spread(trace), collapse(trace)
    if k is not None:
        if not k:
            return f"The {who} is in one place from the start"
        return f"The {who} contracts by {frame_word(trace)} {k:,}{_around(trace)}"
    first, last = (_amount(trace, wide[i]) for i in (0, -1))
    if not np.isfinite(wide).all() or (not is_tour(trace) and wide[-1] > 2 * width(trace)):
        return f"The {who} flies apart"
    if wide[-1] > 2 * wide[0]:
        return f"The {who} spreads from {first} to {last}"
    if wide[-1] > 0.8 * wide[0]:
        return f"The {who} stays about as wide as it began"
    return f"The {who} narrows from {first} to {last}"


def _around(trace: Trace) -> str:
    """Return around what a population has contracted; "" where the lowest minimum is not known."""
    if is_tour(trace):
        return ", on one tour"
    seen = diagnose(trace)
    if seen.nearest is None or not np.isfinite(seen.lowest):
        return ""
    lowest = seen.nearest.kind == "global"
    which = "the minimum" if lowest and len(trace.landscape.minima) == 1 else "the best minimum"
    there = lowest and seen.distance < NEAR * seen.width
    return f" around {which}" if there else f" around a point that is not {which}"


def _walk(trace: Trace) -> str:
    """Return whether the walk of one point narrows, keeps roaming, or leaves its best behind."""
    quarter = max(1, len(trace) // 4)
    wide, away = spread(trace), float(np.median(to_best(trace)[-quarter:]))
    first, last = (float(np.median(wide[part])) for part in (slice(1, 1 + quarter), slice(-quarter, None)))
    rests = not wide[-max(1, quarter // 2) :].any()
    far = 0.02 * (1 if is_tour(trace) else width(trace))
    if away > STRAYED * last and away > far:
        how = "The walk comes to rest" if rests else "The walk ends about"
        return f"{how} {_amount(trace, away)} from its best"
    if rests:
        return "The walk comes to rest at its best"
    if last < NARROW * first:
        return f"The walk narrows from {_amount(trace, first)} to {_amount(trace, last)}"
    if last > first / NARROW:
        return f"The walk widens from {_amount(trace, first)} to {_amount(trace, last)}"
    return f"The walk stays about {_amount(trace, last)} wide"
