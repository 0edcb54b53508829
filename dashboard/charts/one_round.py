"""One round from inside: home, the kick, every step of the way down, and whether its end is kept."""

from dataclasses import replace
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.contour import contour
from dashboard.charts.convergence import convergence
from dashboard.charts.curve import curve
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.picture import Bookmark, KeyEntry, Picture, Scene
from dashboard.charts.searches import kicks, notes, taken
from dashboard.charts.sketch import Sketch, line
from dashboard.charts.theme import Theme
from dashboard.charts.tour import tour
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number, subscript


def inside(trace: Trace, view: View, theme: Theme, link: str = "") -> Scene:
    """Return the scene of round `view.inside`: one frame for home, the kick, each step down, and the verdict."""
    k = view.inside
    way = stages(trace, k)
    one = _as_run(trace, k, way)
    flat = not is_tour(trace) and trace.x.shape[-1] > 1
    # in the plane an arrow may be longer than the step, and here only true lengths are of use
    view = replace(view, shape="flat", axis="steps", inside=-1, hide=("step",) if flat else ())
    draw = tour if is_tour(trace) else curve if trace.x.shape[-1] == 1 else contour
    title, subtitle = finding(trace, k, len(way))
    plain: dict[str, Any] = {
        "choices": {},
        "chosen": {},
        "title": title,
        "subtitle": subtitle,
        "alt": f"{title}. {subtitle}.",
    }
    picture = replace(draw(one, view, theme), start=None, start_axes="", cities=None, layers={}, **plain)
    if not is_tour(trace) and _kicked(trace, k):
        picture = _with_kick(picture, one, view, theme)
    key = tuple(replace(entry, label="home") if entry.label == "start" else entry for entry in picture.key)
    falls = replace(convergence(one, view, theme), choices={}, chosen={}, title=_fall(trace, k))
    end = len(way) - 1
    return Scene(
        run=trace.run.id,
        frames=len(way),
        title=title,
        subtitle=subtitle,
        pictures=(replace(picture, key=key), falls),
        equation=None,
        table=_table(one, view),
        outcome=_verdict(trace, k),
        bookmarks=(
            *([Bookmark(1, "kicked", "fork")] if _kicked(trace, k) else []),
            Bookmark(end, _word(trace, k), "diamond"),
        ),
        colors=theme.css(),
        frame_word="stage",
        link=link,
        at=view.frame if 0 <= view.frame < len(way) else -1,
        closer="Back to all rounds",
        inside=k,
        deeper=1,
    )


def stages(trace: Trace, k: int) -> np.ndarray:
    """Return where round k is (F, d): home, where the kick led, each better point from there on, and what is kept."""
    descent = np.asarray(trace.value("descent"))[k]
    there = descent[:, 0] >= 0 if is_tour(trace) else np.isfinite(descent).all(axis=1)
    way = descent[there] if _kicked(trace, k) else descent[there][1:]
    return np.concatenate([trace.x[k - 1][None], way, trace.x[k][None]])


def finding(trace: Trace, k: int, frames: int) -> tuple[str, str]:
    """Return what became of a round, and how it went."""
    tours = is_tour(trace)

    def told(name: str, at: int) -> str:
        value = number(float(np.asarray(trace.value(name))[at]))
        return f"{value} long" if tours else f"f = {value}"

    what = ("a start" if tours else "the start") if k == 1 else "a tour" if tours else "a minimum"
    to = "one" if k > 1 else "a tour" if tours else "a minimum"
    joint = "" if tours else "with "
    down = counted(frames - (3 if _kicked(trace, k) else 2), "step")
    tried = dict(trace.run.knobs).get("local_steps")
    of = f" of {tried:,} tried" if tried else ""
    begin = f"{'moved anywhere' if notes(trace)[k] == 'restart' else 'kicked'} to {told('kicked_fx', k)}, then "
    title = f"From {what} {joint}{told('fx', k - 1)} to {to} {joint}{told('trial_fx', k)}: {_word(trace, k)}"
    return title, f"Round {k:,} of {len(trace) - 1:,}: {begin if _kicked(trace, k) else ''}{down} down{of}"


def _as_run(trace: Trace, k: int, way: np.ndarray) -> Trace:
    """Return the stages of a round as a trace of their own, a path from home to what is kept."""
    f = np.asarray(trace.landscape.value(way), float)
    lowest = np.array([int(np.argmin(f[: i + 1])) for i in range(len(f))])
    asked = np.repeat(trace.evaluations[k : k + 1], len(way)).view(np.recarray)
    return replace(
        trace,
        x=way,
        fx=f,
        best_x=way[lowest],
        best_fx=f[lowest],
        evaluations=asked,
        seconds=np.zeros(len(way)),
        fields={},
        kept={},
    )


def _kicked(trace: Trace, k: int) -> bool:
    return bool(kicks(trace)[k]) or notes(trace)[k] == "restart"


def _word(trace: Trace, k: int) -> str:
    return "accepted" if taken(trace)[k] else "rejected"


def _fall(trace: Trace, k: int) -> str:
    """Say how far the way down fell."""
    high, end = float(trace.value("kicked_fx")[k]), float(trace.value("trial_fx")[k])
    return f"The way down falls from {number(high)} to {number(end)}"


def _verdict(trace: Trace, k: int) -> tuple[str, str]:
    """Return whether the end of a round was kept, and why."""
    rise, rule = float(trace.value("trial_fx")[k] - trace.fx[k - 1]), dict(trace.run.knobs).get("acceptance", "")
    more, less = ("longer", "shorter") if is_tour(trace) else ("higher", "lower")
    compared = f"Its end is as {'long' if is_tour(trace) else 'high'} as its beginning"
    if rise:
        compared = f"Its end is {number(abs(rise))} {more if rise > 0 else less} than its beginning"
    if taken(trace)[k]:
        why = "" if rise < 0 else f", but “{rule}” takes it all the same"
        return "Accepted", f"{compared}{why}. The next kick starts from here."
    return "Rejected", f"{compared}. The search goes back home, and kicks again from there."


def _with_kick(picture: Picture, one: Trace, view: View, theme: Theme) -> Picture:
    """Return the picture with the kick as a dashed arrow."""
    sketch = Sketch(theme)
    sketch.data, sketch.tracks = list(picture.figure["data"]), list(picture.tracks)
    pair = [0] if one.x.shape[-1] == 1 else list(view.pair)
    at = one.x[:, pair] if len(pair) == 2 else np.stack([one.x[:, 0], one.fx], axis=-1)
    start, tip = (np.tile(at[i], (len(one), 1)) for i in (0, 1))
    style = line(theme.line("kick"), look.STEP, "9px,6px") | {"meta": {"halo": theme.halo, "least": 2}}
    ends = {"x": start[:, 0], "y": start[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}
    sketch.haloed("kick", "segments", style, arrow=True, **ends)
    figure = picture.figure | {"data": sketch.data}
    return replace(
        picture,
        figure=figure,
        tracks=tuple(sketch.tracks),
        key=(KeyEntry("dash", theme.line("kick"), "kick"), *picture.key),
    )


def _table(one: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the place and the value of every stage."""
    columns: dict[str, np.ndarray] = {"stage": np.arange(len(one))}
    if not is_tour(one):
        for i in (0,) if one.x.shape[-1] == 1 else view.pair:
            columns[f"x{subscript(i + 1) if one.x.shape[-1] > 1 else ''}"] = one.x[:, i]
    return columns | {"length" if is_tour(one) else "f": one.fx}
