"""On which sides of several points their names stand, so that they hide neither one another nor what is drawn."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.charts.arrows import LETTER

SIDES = ("top center", "bottom center", "middle right", "middle left")  # where a name may stand, the best first
ON_POINT, ON_NAME, ON_LINE, OUTSIDE, LATER = 3.0, 6.0, 0.5, 4.0, 0.02  # what it costs to hide them, or to stand there
ALONG = np.linspace(0.1, 0.9, 9)  # places on a line that a name should not lie on
CLEAR = 5  # pixels around a point
UP, ASIDE = 14, 12  # pixels from a point to the middle of a name above it, and to the edge of one beside it
HEIGHT = 11  # pixels, of half a name

Way = tuple[np.ndarray, np.ndarray]  # from (T, 2) to (T, 2)


def sides(
    points: Mapping[str, np.ndarray],
    names: Mapping[str, str],
    lines: Sequence[Way],
    unit: np.ndarray,
    room: float,
    ends: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return on which of the SIDES (T,) of its point (T, 2) each name stands: where it hides least, the first first.

    A pixel measures `unit`, `room` is the size of the text, 1 on a desk, and the picture reaches between `ends`.
    """
    at = {key: np.asarray(point, float) / unit for key, point in points.items()}
    drawn = [tail[:, None] / unit + ALONG[:, None] * (tip - tail)[:, None] / unit for tail, tip in lines]
    low, high = ends[0] / unit, ends[1] / unit
    placed: dict[str, np.ndarray] = {}
    halves: dict[str, np.ndarray] = {}
    chosen: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for key, name in names.items():
            half = np.array([LETTER * len(name) / 2 + 6, HEIGHT]) * room
            beside = half[0] + ASIDE
            spots = at[key][:, None] + np.array([[0, UP * room], [0, -UP * room], [beside, 0], [-beside, 0]])
            cost = np.tile(LATER * np.arange(len(SIDES)), (len(spots), 1))
            for other, point in at.items():
                if other != key:
                    cost += ON_POINT * _covers(spots, point[:, None], half + CLEAR)
            for line in drawn:
                cost += ON_LINE * _covers(spots[:, :, None], line[:, None], half).sum(axis=-1)
            for other, spot in placed.items():
                cost += ON_NAME * _covers(spots, spot[:, None], half + halves[other])
            cost += OUTSIDE * ((spots - half < low) | (spots + half > high)).any(axis=-1)
            chosen[key] = np.argmin(cost, axis=1)
            placed[key], halves[key] = spots[np.arange(len(spots)), chosen[key]], half
    return chosen


def _covers(spots: np.ndarray, points: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Tell which boxes of half the size `half` around spots hold a point; one that is nowhere lies in none."""
    return np.asarray((np.abs(spots - points) < half).all(axis=-1))
