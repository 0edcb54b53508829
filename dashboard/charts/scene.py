"""All that the player shows for one run, chosen by its dimensions and fields, never by an optimizer's name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from algorithms.examples import Fit
from algorithms.trace import Trace
from dashboard.charts import (
    choices,
    closeup,
    decisions,
    difference,
    distribution,
    exploration,
    generations,
    inner,
    one_round,
    pheromone,
    quantities,
    recall,
    rounds,
    spread,
    swarm,
    tour_words,
    walk,
    words,
)
from dashboard.charts.bookmarks import bookmarks
from dashboard.charts.contour import arrow_note, contour
from dashboard.charts.convergence import convergence
from dashboard.charts.course import course
from dashboard.charts.curve import curve
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.equation import equation
from dashboard.charts.layers import has
from dashboard.charts.mating import mating
from dashboard.charts.numbers import table
from dashboard.charts.picture import Equation, Picture, Scene, scaled, small
from dashboard.charts.remedy import remedy
from dashboard.charts.searches import goes_in_rounds
from dashboard.charts.surface import surface
from dashboard.charts.theme import Theme
from dashboard.charts.tour import tour
from dashboard.charts.trying import trying
from dashboard.charts.view import View

# The chart that takes the largest place, by its id; a population is magnified in one of two ways.
LARGE = {"landscape": (), "convergence": ("convergence",), "close-up": ("close-up", "shape")}
BOLD = 1.7  # how much larger signs and lines are in a small chart that takes that place
FIRST = ("tabu-list", "temperature", "decisions")  # charts of what such a run is about: the first ones are open
MOST = 3  # charts of inner state: more have no room
# What a run shows of its inner state: a test of the trace, and the one chart that draws it; the most telling first.
INNER: tuple[tuple[Callable[[Trace], bool], Callable[[Trace, View, Theme], Picture]], ...] = (
    (lambda t: isinstance(t.landscape, Fit), quantities.data),
    (has("pheromone"), pheromone.picture),
    (has("personal_best"), swarm.width_chart),
    (has("parents"), generations.diversity_chart),
    (has("donors"), difference.spread_chart),
    (closeup.can_be_seen, closeup.closeup),
    (lambda t: has("covariance")(t) and t.x.shape[-1] > 1, distribution.shape_chart),
    (has("covariance"), distribution.axes_chart),
    (has("tabu"), recall.tabu_list),
    (has("tabu"), recall.neighborhood),
    (has("kicked"), rounds.minima_chart),
    (has("temperature"), inner.temperature),
    (has("draw"), decisions.decisions),
    (spread.explores, exploration.exploration),
    (has("donors"), difference.accepted_chart),
    (has("effective_rate"), inner.rates),
    (lambda t: has("inverse_hessian")(t) and t.has("hessian"), quantities.curvature),
    (lambda t: bool(np.size(t.fields.get("trials", ()))) and not has("simplex")(t), quantities.searched),
    (has("simplex"), quantities.size),
    (lambda t: dict(t.run.knobs).get("schedule", "constant") != "constant", quantities.schedule),
    (has("estimate"), quantities.gradients),
    (lambda t: t.x.ndim == 2 and not has("effective_rate")(t) and quantities.has_parts(t), quantities.terms),
)


def experiment(
    trace: Trace, view: View, theme: Theme, ghost: Trace | None = None, link: str = "", advise: bool = False
) -> Scene:
    """Return the scene of one run, with the previous run as its ghost; with the change worth trying if asked for it."""
    members = trace.x.shape[1] if trace.x.ndim == 3 else 1
    view = view.fitted(trace.x.shape[-1], members, len(trace), generations.first_child(trace))
    if view.inside >= 1 and "parents" in trace.fields and len(trace) > 1:
        return mating(trace, view, theme, link)
    if view.inside >= 1 and "donors" in trace.fields and len(trace) > 1:
        return trying(trace, view, theme, link)
    if view.inside >= 1 and choices.can_be_seen(trace):
        return walk.inside(trace, view, theme, link)
    if view.inside >= 1 and goes_in_rounds(trace) and len(trace) > 1:
        return one_round.inside(trace, view, theme, link)
    speech = tour_words if is_tour(trace) else words
    title, subtitle = speech.title(trace, ghost)
    picture = main_picture(trace, view, theme, ghost)
    subtitle = picture.subtitle or subtitle
    charts = [convergence(trace, view, theme, ghost), *inner_pictures(trace, view, theme)]
    large = next((each for each in charts if each.id in LARGE[view.large]), None)
    charts.sort(key=lambda each: each.id not in FIRST)
    if large:
        plain: dict[str, Any] = {"key": (), "choices": {}, "chosen": {}, "title": trace.landscape.name}
        charts = [replace(small(picture), **plain), *(each for each in charts if each is not large)]
        subtitle = large.subtitle
        picture = scaled(large, BOLD) if view.large == "close-up" else large
    return Scene(
        run=trace.run.id,
        frames=len(trace),
        title=title,
        subtitle=subtitle,
        pictures=(picture, *charts),
        equation=_noted(equation(trace, view, theme), trace, view),
        table=table(trace, view),
        outcome=speech.outcome(trace, ghost),
        bookmarks=bookmarks(trace, ghost),
        colors=theme.css(),
        frame_word=words.frame_word(trace),
        ghost=words.ghost_label(trace, ghost) if ghost is not None else "",
        link=link,
        at=view.frame,
        closer=_closer(trace),
        course=course(trace).words,
        advice=_advice(trace) if advise else ("", {}),
        deeper=_deeper(trace),
    )


def _advice(trace: Trace) -> tuple[str, dict[str, str]]:
    """Return the change with which the run does better, and what it changes in the link; "" where none is found."""
    found = remedy(trace)
    return (found.change, dict(found.changes)) if found else ("", {})


def _closer(trace: Trace) -> str:
    """Return the words of the button that leads into one frame; "" where there is nothing more to see."""
    if "parents" in trace.fields and len(trace) > 1:
        return "Inside this mating"
    if "donors" in trace.fields and len(trace) > 1:
        return "Inside this trial"
    seen = choices.can_be_seen(trace) or (goes_in_rounds(trace) and len(trace) > 1)
    return f"Inside this {words.frame_word(trace)}" if seen else ""


def _deeper(trace: Trace) -> int:
    """Return 1 where a frame leads into the step that comes next, as a generation does to a mating, 0 into its own."""
    return int(bool({"parents", "donors"} & trace.fields.keys()) or goes_in_rounds(trace))


def main_picture(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the large picture: a map of tours, a curve in one dimension, else contour lines or a surface."""
    if is_tour(trace):
        return tour(trace, view, theme, ghost)
    draw = curve if trace.x.shape[-1] == 1 else {"flat": contour, "surface": surface}[view.shape]
    return draw(trace, view, theme, ghost)


def inner_pictures(trace: Trace, view: View, theme: Theme) -> list[Picture]:
    """Return the small charts of a run's inner state."""
    return [draw(trace, view, theme) for known, draw in INNER if known(trace)][:MOST]


def _noted(rule: Equation | None, trace: Trace, view: View) -> Equation | None:
    """Return the update rule with what the arrows are, and how long they are drawn in each frame, stated beside it."""
    note, scale = ("", None) if is_tour(trace) else arrow_note(trace, view)
    if rule is None or not note:
        return rule
    whole = "; ".join(part for part in (rule.note, note) if part)
    return replace(rule, note=whole, slots=rule.slots if scale is None else {**rule.slots, "times": scale})
