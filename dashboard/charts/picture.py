"""What is seen: a standard Plotly figure and the tracks that move in it.

A chart function turns a trace into a Picture. The player paints the tracks on one timeline; `frame` gives the same
slices to the HTML export, so that one description serves both. Nothing here knows Streamlit or an optimizer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

KINDS = {
    "still": "the whole line or cloud, the same in every frame; x, y are (M,)",
    "point": "the marker at frame k, or one marker per member, where `level` (T, P) is `only`; x, y are (T,) or (T, P)",
    "path": "the line, or the markers, from frame 0 up to k; x, y are (T,)",
    "tail": "the last `length` frames of the line; x, y are (T,), or (T, P) for one tail per member",
    "polyline": "a whole line that changes shape; x, y are (T, M), or x (M,) where it is the same in every frame; or "
    "(K, M), of which frame k shows row at[k]",
    "segments": "lines from (x, y) to (x2, y2) at frame k, with a head if `arrow`; (T,) or (T, P)",
    "ellipse": "the curve c + u cos t + v sin t, c at (x, y), with u ending at (x2, y2) and v at (x3, y3); (T,)",
    "hyperbola": "one branch, c + u cosh t + v sinh t, of what is said as for an ellipse; (T,)",
    "text": "the trace's own text, or the `words` of frame k, beside the point at frame k; x, y are (T,)",
    "cursor": "an upright line across the plot at x; x is (T,)",
    "tour": "a closed tour through points x, y (n,) in the order (T, n) of frame k",
    "edges": "the lines from (x, y) to (x2, y2), (M,) each, whose level (T, M) at frame k is `only`",
    "list": "of the trace's texts number at[k] − i at place i, in its color number level[k, i] − 1, none if it is 0; "
    "x, y are (M,), level (T, M); without `at` text i keeps its place",
    "matrix": "a heat map: the bytes z[at[k]] of an n × n matrix, row by row; where `half`, the upper triangle alone",
}

NEEDS: dict[str, tuple[str, ...]] = {  # the arrays that a track of a kind has beyond x and y
    "tour": ("order",),
    "edges": ("x2", "y2", "level"),
    "list": ("level",),
    "matrix": ("z", "at"),
    "ellipse": ("x2", "y2", "x3", "y3"),
    "hyperbola": ("x2", "y2", "x3", "y3"),
}
STEADY = {"tour": ("x", "y"), "edges": ("x", "y", "x2", "y2"), "list": ("x", "y"), "matrix": ("z",)}  # no frame axis
TURNS, REACH = 48, 2.2  # points of a curve less one, and how far the parameter of a hyperbola goes


@dataclass(frozen=True, eq=False)
class Track:
    """Arrays with the frame axis first that move one trace of a figure; NaN means 'not drawn in this frame'."""

    trace: int
    kind: str
    x: np.ndarray
    y: np.ndarray
    x2: np.ndarray | None = None
    y2: np.ndarray | None = None
    x3: np.ndarray | None = None  # ellipses and hyperbolas: the end of the second half axis
    y3: np.ndarray | None = None
    inner: float = 0  # ellipses and hyperbolas: the share of their half axes by which they are drawn smaller
    z: np.ndarray | None = None  # in 3-D figures, and the bytes of matrices
    arrow: bool = False
    glide: bool = False  # between two frames the mark slides along the straight step
    length: int = 0  # of tails, segments and ellipses: frames that stay in sight, of the two others fading
    head: bool = False  # the mark to follow: when it leaves the frame an arrow at the edge says so
    ghost: bool = False  # belongs to the previous run: moves only with "play both"
    order: np.ndarray | None = None  # tours only: indices of points, uint8 (T, n)
    level: np.ndarray | None = (
        None  # the class of every edge, place or point, uint8 (T, M); edges of class 0 are not drawn
    )
    only: int = 0  # the class that this trace draws
    at: np.ndarray | None = None  # (T,): which matrix z (K, …) or line (K, M) is shown, or the newest text of a list
    half: bool = False  # matrices only: z holds the upper triangle with its diagonal, (K, n (n + 1) / 2)
    words: tuple[str, ...] = ()  # texts only: what is written in each frame, where that changes
    beside: float = 0  # tours and polylines: pixels by which the line is set to the left of its way

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that the painter does not know or arrays that do not fit together."""
        if self.kind not in KINDS:
            raise ValueError(f"a track cannot be of kind {self.kind!r}; the painter knows {', '.join(KINDS)}")
        if np.shape(self.x) != (np.shape(self.y)[1:] if self.steady else np.shape(self.y)):
            raise ValueError(
                f"x has shape {np.shape(self.x)}, y has {np.shape(self.y)}: a {self.kind} needs equal ones"
            )
        tips = (self.x2, self.y2)
        if self.kind == "segments" and any(tip is None or np.shape(tip) != np.shape(self.x) for tip in tips):
            raise ValueError("segments need tips x2, y2 of the same shape as x, y")
        if self.words and len(self.words) != len(self.x):
            raise ValueError(f"{len(self.words)} texts for {len(self.x)} frames")
        wanted = NEEDS.get(self.kind, ())
        for name in wanted:
            if getattr(self, name) is None:
                raise ValueError(f"a track of kind {self.kind} needs {name}")

    @property
    def steady(self) -> bool:
        """Whether this is a line whose abscissas are the same in every frame."""
        return self.kind == "polyline" and np.ndim(self.x) == 1


@dataclass(frozen=True)
class KeyEntry:
    """One entry of the key under a picture: a sign, its color and what it stands for."""

    sign: str  # a Plotly marker symbol, or "line", "dot", "dash", "arrow", "scale"
    color: str
    label: str
    outline: str = ""
    colors: tuple[str, ...] = ()  # for a color scale, low to high


@dataclass(frozen=True, eq=False)
class Readout:
    """What hovering near a mark says: positions in plot coordinates, (T,) or (T, P), and the values to read there.

    Where y is (T, P), x and values that are the same in every frame may be (P,).
    """

    x: np.ndarray
    y: np.ndarray
    values: Mapping[str, np.ndarray]
    member: str = ""  # what one column is called ("particle"); only the current frame's members can be read
    first: int = 1  # the number of the first column: members count from 1, cities from 0


@dataclass(frozen=True, eq=False)
class Picture:
    """A standard Plotly figure as plain dicts, its moving tracks, and the words that go with it."""

    id: str
    figure: dict[str, Any]  # {"data": [...], "layout": {...}}
    tracks: tuple[Track, ...]
    title: str
    alt: str
    subtitle: str = ""
    key: tuple[KeyEntry, ...] = ()
    readout: Readout | None = None
    start: tuple[float, float] | None = None  # the start in plot coordinates; clicking or dragging sets it
    start_axes: str = ""  # "xy", or "x" where only the abscissa can be chosen
    start_name: str = ""  # what is set so, "Learning rate η", where it is not the start
    cities: np.ndarray | None = None  # (n, 2) in plot coordinates, where the learner may place, drag and remove them
    choices: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # view key -> (value, label), ...
    chosen: Mapping[str, str] = field(default_factory=dict)  # view key -> value
    layers: Mapping[str, str] = field(default_factory=dict)  # what can be switched off: id -> label

    def __post_init__(self) -> None:
        """Raise ValueError for a track that names no trace of the figure."""
        for track in self.tracks:
            if not 0 <= track.trace < len(self.figure["data"]):
                raise ValueError(f"a {track.kind} moves trace {track.trace}; the figure has {len(self.figure['data'])}")


def _joined(tail: np.ndarray, tip: np.ndarray) -> np.ndarray:
    """Interleave tails, tips and gaps: (P,), (P,) -> (3P,)."""
    return np.stack([tail, tip, np.full(tail.shape, np.nan)], axis=-1).ravel()


def matrix(track: Track, k: int) -> np.ndarray:
    """Return the bytes (n, n) that a matrix track shows at frame k."""
    assert track.z is not None
    assert track.at is not None
    flat = np.asarray(track.z[track.at[k]])
    if not track.half:
        n = round(np.sqrt(flat.size))
        return flat.reshape(n, n)
    n = round((np.sqrt(8 * flat.size + 1) - 1) / 2)
    whole = np.zeros((n, n), flat.dtype)
    whole[np.triu_indices(n)] = flat
    return np.maximum(whole, whole.T)


def curved(track: Track, k: int) -> dict[str, np.ndarray]:
    """Return the points of an ellipse or hyperbola at frame k."""
    if track.kind == "ellipse":
        t = np.linspace(0, 2 * np.pi, TURNS + 1)
        first, second = np.cos(t), np.sin(t)
    else:
        t = np.linspace(-REACH, REACH, TURNS + 1)
        first, second = np.cosh(t), np.sinh(t)
    points = {}
    for name in "xy":
        center, one, other = (getattr(track, f"{name}{end}")[k] for end in ("", "2", "3"))
        points[name] = center + (1 - track.inner) * ((one - center) * first + (other - center) * second)
    return points


def frame(track: Track, k: int) -> dict[str, np.ndarray]:
    """Return what `track` shows at frame k as the x, y (and z) of its Plotly trace."""
    if track.kind == "still":
        axes: dict[str, Any] = {"x": track.x, "y": track.y, "z": track.z}
    elif track.kind == "path":
        axes = {n: a[: k + 1] for n, a in (("x", track.x), ("y", track.y), ("z", track.z)) if a is not None}
    elif track.kind == "tail":
        first = max(0, k + 1 - track.length)
        x, y = track.x[first : k + 1], track.y[first : k + 1]
        if x.ndim == 2:  # one line per member, with a gap between members
            gap = np.full((1, x.shape[1]), np.nan)
            x, y = (np.concatenate([a, gap]).T.ravel() for a in (x, y))
        axes = {"x": x, "y": y}
    elif track.kind == "segments":
        assert track.x2 is not None
        assert track.y2 is not None
        now = slice(max(0, k + 1 - max(track.length, 1)), k + 1)
        axes = {
            "x": _joined(np.ravel(track.x[now]), np.ravel(track.x2[now])),
            "y": _joined(np.ravel(track.y[now]), np.ravel(track.y2[now])),
        }
    elif track.kind in ("ellipse", "hyperbola"):
        curves = [curved(track, q) for q in range(max(0, k + 1 - max(track.length, 1)), k + 1)]
        axes = {name: np.concatenate([part for c in curves for part in ([np.nan], c[name])][1:]) for name in "xy"}
    elif track.kind == "list":
        assert track.level is not None
        shown = track.level[k] > 0
        axes = {"x": np.where(shown, track.x, np.nan), "y": np.where(shown, track.y, np.nan)}
    elif track.kind == "cursor":
        axes = {"x": np.repeat(track.x[k], 2), "y": np.array([0.0, 1.0])}
    elif track.kind == "tour":
        assert track.order is not None
        round_trip = np.append(track.order[k], track.order[k][:1])
        axes = {"x": track.x[round_trip], "y": track.y[round_trip]}
    elif track.kind == "edges":
        assert track.level is not None
        assert track.x2 is not None
        assert track.y2 is not None
        here = track.level[k] == track.only
        axes = {"x": _joined(track.x[here], track.x2[here]), "y": _joined(track.y[here], track.y2[here])}
    elif track.kind == "matrix":
        return {"z": matrix(track, k)}
    elif track.steady:
        axes = {"x": track.x, "y": track.y[k]}
    elif track.kind == "polyline" and track.at is not None:
        row = int(track.at[k])
        shown = row >= 0
        axes = {
            "x": track.x[row] if shown else track.x[0] * np.nan,
            "y": track.y[row] if shown else track.y[0] * np.nan,
        }
    elif track.kind == "point" and track.level is not None:
        here = track.level[k] == track.only
        axes = {"x": np.where(here, track.x[k], np.nan), "y": np.where(here, track.y[k], np.nan)}
    else:
        axes = {n: np.atleast_1d(a[k]) for n, a in (("x", track.x), ("y", track.y), ("z", track.z)) if a is not None}
    if track.words:
        axes |= {"text": np.array([track.words[k]])}
    return {name: array for name, array in axes.items() if array is not None}


def small(picture: Picture, share: float = 0.68) -> Picture:
    """Return a picture for a card: signs and moving lines at a share of their size, and no words on them."""
    return scaled(picture, share, worded=False)


def scaled(picture: Picture, share: float, worded: bool = True) -> Picture:
    """Return a picture with signs and moving lines at a share of their size, its words on them or not."""
    data = [dict(trace) for trace in picture.figure["data"]]
    moving = {track.trace for track in picture.tracks}
    for i, trace in enumerate(data):
        for part, measure in (("marker", "size"), ("line", "width"))[: 1 + (i in moving)]:
            if np.ndim(trace.get(part, {}).get(measure, [])) == 0:
                trace[part] = trace[part] | {measure: share * trace[part][measure]}
        if not worded:
            trace["visible"] = trace.get("mode") != "text" and not trace.get("meta", {}).get("worded")
    tracks = tuple(replace(track, beside=share * track.beside) for track in picture.tracks)
    return replace(picture, figure={**picture.figure, "data": data}, tracks=tracks)


def held(picture: Picture, frames: int) -> Picture:
    """Return a picture for a longer timeline, on which its last frame stays to the end."""

    def longer(array: np.ndarray | None) -> np.ndarray | None:
        if array is None or len(array) >= frames:
            return array
        return np.concatenate([array, np.repeat(array[-1:], frames - len(array), axis=0)])

    def track(each: Track) -> Track:
        if each.kind == "still":
            return each
        fixed = STEADY.get(each.kind, ("x", "y") if each.kind == "polyline" and each.at is not None else ())
        fixed = ("x",) if each.steady else fixed
        names = [name for name in ("x", "y", "x2", "y2", "x3", "y3", "z", "order", "level", "at") if name not in fixed]
        longer_ones: dict[str, Any] = {name: longer(getattr(each, name)) for name in names}
        if each.words:
            longer_ones["words"] = (*each.words, *each.words[-1:] * (frames - len(each.words)))
        return replace(each, **longer_ones)

    return replace(picture, tracks=tuple(map(track, picture.tracks)))


@dataclass(frozen=True)
class Bookmark:
    """A frame worth jumping to: what happened there, and the sign of its tick on the timeline."""

    frame: int
    label: str
    sign: str  # "diamond", "fork", "triangle", "cross", "x"


@dataclass(frozen=True, eq=False)
class Equation:
    """The update rule as MathML, once with symbols and once with cells that take each frame's numbers.

    `lines` holds (symbolic, numeric) pairs; a numeric line has `<mtext data-slot="name" data-cell="0">` cells, filled
    from slots["name"], an array (T, cells).
    """

    lines: tuple[tuple[str, str], ...]
    slots: Mapping[str, np.ndarray]
    note: str = ""  # "arrows are shares of the step, 9 times as long"
    title: str = ""  # in place of "The next step, 3 → 4", where the cells belong to the frame itself


@dataclass(frozen=True, eq=False)
class Scene:
    """All that the player shows for one run, moved by one timeline of `frames` frames."""

    run: str
    frames: int
    title: str
    subtitle: str
    pictures: tuple[Picture, ...]  # the first is the large one
    equation: Equation | None
    table: Mapping[str, np.ndarray]  # column -> (T,)
    outcome: tuple[str, str]  # the reason in two words, the sentence
    bookmarks: tuple[Bookmark, ...]
    colors: Mapping[str, str]  # CSS custom properties of the theme
    frame_word: str = "step"
    ghost: str = ""  # what the previous run was, "β = 0.8"; empty without a ghost
    link: str = ""  # the query string of this experiment
    at: int = -1  # the frame at which the player opens; −1 is the last
    closer: str = ""  # the words of the button that shows one frame from inside, or leads back out
    inside: int = -1  # the frame of the run that this scene shows from inside; −1 where it shows the run
    deeper: int = 0  # how many frames on the look inside leads: 1 where a frame shows what makes the next one
    lock: str = ""  # why nothing can be played yet: only the first frame is here
    promised: int = 0  # behind a lock: how many steps the run will have
    report: bool = False  # tell the page once when the end was seen
    course: str = ""  # how the path went, with its evidence: a sentence below the outcome
    advice: tuple[str, Mapping[str, str]] = ("", MappingProxyType({}))  # a change worth trying, and its keys and texts
