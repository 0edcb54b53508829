"""How a search by chance goes, in one sentence: a population collapses or stays wide, a walk freezes or stays hot."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.diagnosis import NEAR, diagnose, diameter, is_tour
from dashboard.charts.landmarks import width
from dashboard.charts.naming import frame_word, group, members
from dashboard.charts.outcomes import WORSE, outcomes, ratio
from dashboard.charts.spread import collapse
from dashboard.charts.wording import counted, number

FEW = 20  # worse moves of which a share says something
LONG, WIDE = 20, 0.8  # steps after which a population should have drawn together, and share of its width that is none
EARLY = 0.25  # of a run: a walk that takes its last worse move before that has cooled fast
HOT = 0.5  # of the share of worse moves taken in the first third: a walk that takes as many in the last stays hot
WARM = 0.02  # share of worse moves taken: less is cold


def searches(trace: Trace) -> bool:
    """Return whether a run is a search by chance, with members or one point, for which a path says nothing."""
    return trace.x.ndim == 3 or "moves" in trace.optimizer.needs


def search(trace: Trace) -> tuple[str, str]:
    """Return the kind of a search's course and its sentence; empty ones where nothing can be said for certain."""
    if len(trace) < 2:
        return "", ""
    if trace.x.ndim == 3:
        return _population(trace)
    return _cooling(trace) if "temperature" in trace.fields and "draw" in trace.fields else ("", "")


def _population(trace: Trace) -> tuple[str, str]:
    k, who, everyone = collapse(trace), group(trace), members(trace)
    since = "" if k is None else f"from {frame_word(trace)} {k:,} on"
    if is_tour(trace):
        gathers = k is not None and "pheromone" not in trace.fields
        return ("collapsed", f"Collapses: all {everyone} share 99 % of their edges {since}.") if gathers else ("", "")
    first, last = (float(end) for end in diameter(trace)[[0, -1]])
    if not last < 2 * max(first, width(trace)):
        how = f"from {number(first)} to {number(last)} across" if np.isfinite(last) else "without bound"
        return "exploding", f"Explodes: the {who} grows {how}."
    if k is None and len(trace) > LONG and last > WIDE * first:
        return "wide", f"Never gathers: the {who} is {number(first)} across at first, {number(last)} at last."
    if not k:
        return "", ""
    seen = diagnose(trace)
    near = seen.nearest is not None and seen.distance < NEAR * seen.width
    if seen.nearest is None or not np.isfinite(seen.lowest):
        return "gathered", f"Gathers: all {everyone} within 1 % of the width {since}."
    if near and seen.nearest.kind == "global":
        return "gathered", f"Gathers at the minimum: all {everyone} within 1 % of the width {since}."
    which = "the minimum" if len(trace.landscape.minima) == 1 else "the nearest minimum"
    where = "by a local minimum" if near else f"{number(seen.distance)} from {which}"
    return "collapsed", f"Collapses {where}: within 1 % of the width {since}."


def _cooling(trace: Trace) -> tuple[str, str]:
    """Return whether a walk froze early, stayed hot to the end, or cooled in between."""
    found, up = outcomes(trace), ratio(trace) > 0
    worse, taken = np.flatnonzero(up), np.flatnonzero(found[WORSE])
    if len(worse) < FEW:
        return "", ""
    steps = len(trace) - 1
    third = max(1, steps // 3)
    early, late = worse[worse <= third], worse[worse > steps - third]
    if not len(taken):
        return "frozen", f"Cold from the start: none of {counted(len(worse), 'worse move')} is taken."
    last = int(taken[-1])
    if last <= EARLY * steps:
        refused = counted(int(np.sum(worse > last)), "worse move")
        return "frozen", f"Freezes early: after step {last:,} none of {refused} is taken."
    if not len(early) or not len(late):
        return "", ""
    first, then = float(found[WORSE][early].mean()), float(found[WORSE][late].mean())
    shares = f"{100 * first:.0f} % of worse moves are taken in the first third, {100 * then:.0f} % in the last"
    if then > WARM and then >= HOT * first:
        return "hot", f"Stays hot: {shares}."
    return "cooling", f"Cools: {shares}."
