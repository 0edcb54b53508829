"""Where the names of several points stand, so that they hide neither one another nor what is drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.arrows import LETTER
from dashboard.charts.sketch import Sketch

SIDES = ("top center", "bottom center", "middle right", "middle left")  # where a name may stand, the best first
ON_POINT, ON_NAME, ON_LINE, OUTSIDE = 3.0, 6.0, 0.5, 4.0  # what it costs to hide them, or to stand there
ON_MEMBER = 1.0  # to hide one of a crowd
LATER, FARTHER = 0.02, 0.4  # what a side costs that comes later, and a place one farther from its point
FARTHEST = (0, 14, 30, 48)  # pixels that a name may stand farther off than beside its point
ALONG = np.linspace(0.1, 0.9, 9)  # places on a line that a name should not lie on
CLEAR = 5  # pixels around a point
UP, ASIDE = 14, 12  # pixels from a point to the middle of a name above it, and to the edge of one beside it
HEIGHT = 11  # pixels, of half a name
STARS = 8  # minima that are looked at
CROWD = 40  # members that are looked at; of more, every second or third

Way = tuple[np.ndarray, np.ndarray]  # from (T, 2) to (T, 2)
Spot = Callable[[np.ndarray], np.ndarray]  # where points (T, d) lie in the picture: (T, 2)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a name should not hide: points (T, 2), lines, and members of a crowd (T, P, 2); and how it is seen.

    A pixel measures `unit`, `room` is the size of the text, 1 on a desk, and the picture reaches between `ends`.
    """

    unit: np.ndarray
    room: float
    ends: tuple[np.ndarray, np.ndarray]
    points: Mapping[str, np.ndarray]
    lines: Sequence[Way] = ()
    crowd: np.ndarray | None = None
    names: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # those that stand: middle, half the size

    def half(self, name: str) -> np.ndarray:
        """Return half the width and height of a name, in pixels."""
        return np.array([LETTER * len(name) / 2 + 6, HEIGHT]) * self.room

    def choose(self, name: str, spots: np.ndarray, dear: np.ndarray, own: str = "") -> np.ndarray:
        """Return which of the spots (T, C, 2), in pixels, a name takes (T,), and keep it clear of later names.

        `dear` (C,) is what each spot costs; the point `own` is the name's and may be near.
        """
        half, cost = self.half(name), np.tile(dear, (len(spots), 1))
        low, high = (end / self.unit for end in self.ends)
        with np.errstate(all="ignore"):
            for key, point in self.points.items():
                if key != own:
                    cost += ON_POINT * _covers(spots, (point / self.unit)[:, None], half + CLEAR)
            for tail, tip in self.lines:
                along = tail[:, None] / self.unit + ALONG[:, None] * (tip - tail)[:, None] / self.unit
                cost += ON_LINE * _covers(spots[:, :, None], along[:, None], half).sum(axis=-1)
            if self.crowd is not None:
                some = self.crowd[:, :: -(-self.crowd.shape[1] // CROWD)] / self.unit
                cost += ON_MEMBER * _covers(spots[:, :, None], some[:, None], half + CLEAR).sum(axis=-1)
            for spot, other in self.names:
                cost += ON_NAME * _covers(spots, spot[:, None], half + other)
            cost += OUTSIDE * ((spots - half < low) | (spots + half > high)).any(axis=-1)
        chosen = np.asarray(np.argmin(cost, axis=1))
        self.names.append((spots[np.arange(len(spots)), chosen], half))
        return chosen


def sides(names: Mapping[str, str], drawn: Drawn) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return on which of the SIDES (T,) of what place (T, 2) each name stands: where it hides least, the first first.

    The place is the name's own point, or one farther off on that side where it is crowded.
    """
    found = {}
    ways = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])
    gaps = np.repeat(FARTHEST, len(SIDES))
    dear = LATER * np.tile(np.arange(len(SIDES)), len(FARTHEST)) + FARTHER * np.repeat(range(len(FARTHEST)), len(SIDES))
    for key, name in names.items():
        at = np.asarray(drawn.points[key], float) / drawn.unit
        near = np.array([drawn.half(name)[0] + ASIDE, UP * drawn.room])
        anchors = at[:, None] + np.tile(ways, (len(FARTHEST), 1)) * gaps[:, None]
        which = drawn.choose(name, anchors + np.tile(ways * near, (len(FARTHEST), 1)), dear, own=key)
        found[key] = which % len(SIDES), anchors[np.arange(len(at)), which] * drawn.unit
    return found


def stars(trace: Trace, spot: Spot) -> dict[str, np.ndarray]:
    """Return the global minima of a run's landscape as points (1, 2) that names should not hide."""
    known = [np.asarray(m.x, float)[None] for m in trace.landscape.minima if m.kind == "global"]
    return {f"minimum {i}": spot(x) for i, x in enumerate(known[:STARS])}


def add_names(
    sketch: Sketch, names: Mapping[str, str], roles: Mapping[str, str], drawn: Drawn, glide: bool = False
) -> None:
    """Add the names of points, each where it hides least, in the color of its role."""
    for key, (side, at) in sides(names, drawn).items():
        for i, place in enumerate(SIDES):
            x = np.where(side == i, at[:, 0], np.nan)
            if np.isfinite(x).any():
                sketch.label(names[key], roles[key], np.stack([x, at[:, 1]], axis=-1), place, glide=glide)


def _covers(spots: np.ndarray, points: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Tell which boxes of half the size `half` around spots hold a point; one that is nowhere lies in none."""
    return np.asarray((np.abs(spots - points) < half).all(axis=-1))
