"""All that the player shows for one run, chosen by its dimensions and fields, never by an optimizer's name."""

from collections.abc import Callable
from dataclasses import replace

from algorithms.trace import Trace
from dashboard.charts import inner, swarm, words
from dashboard.charts.bookmarks import bookmarks
from dashboard.charts.contour import arrow_note, contour
from dashboard.charts.convergence import convergence
from dashboard.charts.curve import curve
from dashboard.charts.equation import equation
from dashboard.charts.numbers import table
from dashboard.charts.picture import Equation, Picture, Scene
from dashboard.charts.surface import surface
from dashboard.charts.theme import Theme
from dashboard.charts.view import View

# What a run shows of its inner state: a field or a derived quantity, and the one chart that draws it.
INNER: dict[str, Callable[[Trace, View, Theme], Picture]] = {
    "personal_best": swarm.width_chart,
    "temperature": inner.temperature,
    "effective_rate": inner.rates,
}


def experiment(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None, link: str = "") -> Scene:
    """Return the scene of one run, with the previous run as its ghost."""
    view = view.fitted(trace.x.shape[-1], trace.x.shape[1] if trace.x.ndim == 3 else 1)
    title, subtitle = words.title(trace, ghost)
    picture = main_picture(trace, view, theme, ghost)
    return Scene(
        run=trace.run.id,
        frames=len(trace),
        title=title,
        subtitle=picture.subtitle or subtitle,
        pictures=(picture, convergence(trace, view, theme, ghost), *inner_pictures(trace, view, theme)),
        equation=_noted(equation(trace, view, theme), arrow_note(trace, view)),
        table=table(trace, view),
        outcome=words.outcome(trace, ghost),
        bookmarks=bookmarks(trace, ghost),
        colors=theme.css(),
        ghost=words.ghost_label(trace, ghost) if ghost is not None else "",
        link=link,
        at=view.frame,
    )


def main_picture(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the large picture: a curve in one dimension, else contour lines or a surface."""
    draw = curve if trace.x.shape[-1] == 1 else {"flat": contour, "surface": surface}[view.shape]
    return draw(trace, view, theme, ghost)


def inner_pictures(trace: Trace, view: View, theme: Theme) -> list[Picture]:
    """Return the small charts of a run's inner state."""
    known = {*trace.fields, *trace.optimizer.derived}
    return [draw(trace, view, theme) for name, draw in INNER.items() if name in known]


def _noted(rule: Equation | None, note: str) -> Equation | None:
    """Return the update rule with the arrows' factor stated beside it."""
    if rule is None or not note:
        return rule
    return replace(rule, note="; ".join(part for part in (rule.note, note) if part))
