"""What is seen while a question is open: the landscape and frame 0 of a run, and nothing of what comes after."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from algorithms.landscape import Landscape
from algorithms.state import Stop
from algorithms.trace import Trace
from dashboard.charts import scene
from dashboard.charts import theme as look
from dashboard.charts.landscape import MANY
from dashboard.charts.picture import KeyEntry, Picture, Scene
from dashboard.charts.sketch import Sketch, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.view import View

# The moving traces of a picture that belong to frame 0 itself. Arrows, tangents and models say where the run goes next.
START = (
    "start", "minimum outline", "members", "members halo",
    "cities", "city numbers", "distances", "tour", "tour halo",
)  # fmt: skip
Point = tuple[float, ...]


def first_frame(trace: Trace) -> Trace:
    """Return the trace of frame 0 alone: every array ends there, and it does not say why the run will stop."""
    return replace(
        trace,
        **{name: getattr(trace, name)[:1] for name in ("x", "fx", "best_x", "best_fx", "evaluations", "seconds")},
        fields={name: values[:1] for name, values in trace.fields.items()},
        kept={name: frames[:1] for name, frames in trace.kept.items()},
        stop=Stop("open", "A question is open.", 0),
    )


def opening(
    trace: Trace,
    view: View,
    theme: Theme,
    *,
    title: str,
    lock: str,
    promised: int,
    guess: Point | None = None,
) -> Scene:
    """Return the scene of frame 0 alone, for an open question: no array, text or range knows of what follows.

    `title` stands over it, `lock` says why nothing plays yet, `promised` how many steps there will be, `guess` is a
    point to mark.
    """
    start = first_frame(trace)
    view = replace(view, shape="flat").fitted(start.x.shape[-1], start.x.shape[1] if start.x.ndim == 3 else 1)
    picture = marked(still(scene.main_picture(start, view, theme)), trace.landscape, view, theme, guess)
    land = trace.landscape
    kind = "Curve" if land.dimension == 1 else "Map"
    return Scene(
        run=trace.run.id,
        frames=1,
        title=title,
        subtitle="",
        pictures=(replace(picture, title=title, subtitle="", alt=f"{kind} of {land.name} with the start. {lock}."),),
        equation=None,
        table={},
        outcome=("", ""),
        bookmarks=(),
        colors=theme.css(),
        at=0,
        lock=lock,
        promised=promised,
    )


def still(picture: Picture) -> Picture:
    """Return a picture with what stands still and the signs of the start."""
    here = {"start", "minimum", "local minimum", "member", "particle", "tour", "f, low–high", "f, low–high (log)"}
    key = tuple(entry for entry in picture.key if entry.label.partition(" (")[0] in here)
    shown = _thinned(picture, lambda name: name in START)
    return replace(shown, key=key, readout=None, choices={}, chosen={})


def hushed(picture: Picture) -> Picture:
    """Return a picture that neither says nor draws ahead what is still to be played."""
    return replace(_thinned(picture, lambda name: name != "path ahead"), title="", subtitle="")


def fixed(picture: Picture) -> Picture:
    """Return a picture in which neither the start nor cities can be chosen."""
    return replace(picture, start=None, start_axes="", cities=None)


def _thinned(picture: Picture, wanted: Callable[[str], bool]) -> Picture:
    """Return a picture with only those of its moving traces whose name is wanted."""
    data = picture.figure["data"]
    moving = {track.trace for track in picture.tracks}
    kept = [i for i, trace in enumerate(data) if i not in moving or wanted(trace.get("name", ""))]
    place = {old: new for new, old in enumerate(kept)}
    tracks = tuple(replace(track, trace=place[track.trace]) for track in picture.tracks if track.trace in place)
    return replace(picture, figure={**picture.figure, "data": [data[i] for i in kept]}, tracks=tracks)


def letters(land: Landscape, view: View) -> list[tuple[str, Point]]:
    """Return A, B, C … and the places of the minima in the plane, the upper half first, from left to right.

    Nothing where there is only one minimum, or too many to tell apart, or more coordinates than are seen.
    """
    count = len(land.minima)
    if land.kind == "tours" or land.dimension > 2 or not 2 <= count <= MANY:
        return []
    if land.dimension == 1:
        places: list[Point] = sorted((float(m.x[0]), float(m.fx)) for m in land.minima)
    else:
        pair = list(view.pair)
        middle = (land.low[pair[1]] + land.high[pair[1]]) / 2
        seen = ((float(m.x[pair[0]]), float(m.x[pair[1]])) for m in land.minima)
        places = sorted(seen, key=lambda at: (at[1] < middle, at[0]))
    return [(chr(ord("A") + i), at) for i, at in enumerate(places)]


def marked(picture: Picture, land: Landscape, view: View, theme: Theme, guess: Point | None = None) -> Picture:
    """Return a flat picture with letters beside its minima, so that they can be spoken of, and with a guess."""
    if "scene" in picture.figure["layout"]:
        return picture
    sketch = Sketch(theme)
    sketch.data = list(picture.figure["data"])
    sketch.tracks = list(picture.tracks)
    sketch.key = list(picture.key)
    for letter, at in letters(land, view):
        _write(sketch, letter, "ink", at)
    if guess is not None:
        height = float(np.squeeze(land.value(np.array([guess[0]])))) if len(guess) == 1 else guess[1]
        mark: dict[str, Any] = {"x": np.array([guess[0]]), "y": np.array([height])}
        size, rim = look.START + 4, theme.line("purple")
        sketch.move("your guess", "still", sign("circle-open", theme.halo, size, "", 6), **mark)
        sketch.move("your guess rim", "still", sign("circle-open", rim, size, "", 3), **mark)
        sketch.move("your guess point", "still", sign("circle", rim, 6, theme.halo, 1), **mark)
        _write(sketch, "your guess", "purple", (guess[0], height))
        sketch.key.append(KeyEntry("circle-open", rim, "your guess", outline=rim))
    figure: dict[str, Any] = {**picture.figure, "data": sketch.data}
    return replace(picture, figure=figure, tracks=tuple(sketch.tracks), key=tuple(sketch.key))


def _write(sketch: Sketch, text: str, role: str, at: Point) -> None:
    style = words(sketch.theme, text, sketch.theme.ink(role), "top right")
    sketch.move(f"letter {text}", "still", style, x=np.array([at[0]]), y=np.array([at[1]]))
