"""Moves: how a method that knows no gradient gets from one candidate to another.

A box of real points and the tours through n cities offer the same verbs, so that one text of annealing, of a genetic
algorithm or of iterated local search runs on both. `x` is one candidate (d,) or many, (…, d); nothing is changed in
place.
"""

import math
from typing import Annotated, Any, Literal

import numpy as np

from algorithms.knob import Knob, short

REACH = 10  # a start in a box lies at most this many widths from its center
BLEND = 0.5  # α of BLX-α: how far beyond its parents a blended child may lie, as a share of their distance
SHORTEST = 2  # cities in a segment of a double bridge: of two neighboring segments only one may be a single city
REPLACED = 4  # edges that a move takes out of a tour at most: a swap of two cities that are not neighbors
A_D_C_B = np.array([0, 3, 2, 1, 4])  # the place that a double bridge gives to segments A, B, C, D, and to the rest

Move = Annotated[  # the knob of every method that asks for a neighbor
    Literal["gaussian", "uniform", "two_opt", "swap", "insertion"],
    Knob(offered="operators", help="How a move is drawn: a step in a box, or a change to a tour."),
]


def edges(x: np.ndarray) -> np.ndarray:
    """The edges (…, n) of tours x (…, n), from each city to the next, as numbers, the same in either direction."""
    onward = np.roll(x, -1, axis=-1)
    return np.minimum(x, onward) * x.shape[-1] + np.maximum(x, onward)


class Box:
    """The moves in a box `low` … `high` (arrays (d,)): draw a point, or step to a neighbor."""

    operators: tuple[str, ...] = ("gaussian", "uniform")
    crossovers: tuple[str, ...] = ("one_point", "uniform", "blend")

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        self.low, self.high, self.width = low, high, high - low
        self.core = low.max(), high.min()  # between these two numbers every coordinate is inside

    def sample(self, rng: np.random.Generator, *shape: int, first: np.ndarray | None = None) -> np.ndarray:
        """Points (*shape, d) drawn evenly from the box; `first`, where given, takes the place of the first one."""
        x = rng.uniform(self.low, self.high, (*shape, self.low.size))
        if first is not None:
            x[(0,) * len(shape)] = first
        return x

    def neighbor(
        self, x: np.ndarray, rng: np.random.Generator, scale: float = 0.1, operator: str = "gaussian"
    ) -> np.ndarray:
        """A point near x: a random step of `scale` × the box's width in each coordinate, reflected at the walls.

        Reflection, unlike clipping, keeps the way there as likely as the way back, as annealing assumes.
        """
        if operator not in self.operators:
            raise ValueError(f"a box knows the moves {', '.join(self.operators)}; got {operator!r}.")
        draw = rng.standard_normal(x.shape) if operator == "gaussian" else rng.uniform(-1, 1, x.shape)
        return self.reflect(x + scale * self.width * draw)

    def crossover(
        self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator, operator: str = "uniform"
    ) -> np.ndarray:
        """A child (P, d) of each pair of parents a and b (P, d).

        "one_point": a's coordinates up to a random place, then b's. "uniform": each coordinate from one of the two.
        "blend": anywhere between them and half as far beyond on either side, reflected at the walls (BLX-α, α = ½:
        Eshelman and Schaffer 1993).
        """
        if operator not in self.crossovers:
            raise ValueError(f"a box knows the crossovers {', '.join(self.crossovers)}; got {operator!r}.")
        if operator == "one_point":
            place = rng.integers(1, max(2, a.shape[-1]), (*a.shape[:-1], 1))
            return np.where(np.arange(a.shape[-1]) < place, a, b)
        if operator == "uniform":
            return np.where(rng.random(a.shape) < 0.5, a, b)
        return self.reflect(a + rng.uniform(-BLEND, 1 + BLEND, a.shape) * (b - a))

    def mutate(self, x: np.ndarray, rng: np.random.Generator, rate: float, size: float) -> np.ndarray:
        """x, each coordinate with probability `rate` moved by a Gaussian step of `size` × the width, reflected."""
        hit = rng.random(x.shape) < rate
        return np.where(hit, self.neighbor(x, rng, size), x)

    def kick(self, x: np.ndarray, rng: np.random.Generator, size: float = 0.5) -> np.ndarray:
        """A jump away from x: a Gaussian step of `size` × the width in all coordinates, reflected at the walls."""
        return self.neighbor(x, rng, size)

    def blank(self, length: int) -> np.ndarray:
        """An empty tabu list (length, d): NaN where there is nothing."""
        return np.full((length, self.low.size), np.nan)

    def given_up(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What a move from x to y must not bring back, (d,): the point x itself."""
        return x

    def returns(self, x: np.ndarray, y: np.ndarray, tabu: np.ndarray, reach: float) -> np.ndarray:
        """Which of the points y (m, d) lie within `reach` × the width of a point of the list `tabu` (K, d).

        Tabu balls after Chelouah and Siarry 2000; an ellipse where the box is not a cube.
        """
        away = (y[:, None] - tabu) / self.width
        return np.asarray(((away**2).sum(axis=-1) <= reach**2).any(axis=-1))

    def reflect(self, x: np.ndarray) -> np.ndarray:
        """The points x folded back into the box, as often as needed."""
        low, high = self.core
        if not np.count_nonzero((x < low) | (x > high)) or not ((x < self.low) | (x > self.high)).any():
            return x  # the remainder is slow and seldom needed
        from_low = (x - self.low) % (2 * self.width)
        return self.low + np.minimum(from_low, 2 * self.width - from_low)

    @property
    def allowed(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends (d,) between which a start may lie: ten widths around the box's center."""
        center = (self.low + self.high) / 2
        return center - REACH * self.width, center + REACH * self.width

    def check(self, x: Any, place: str = "this box") -> np.ndarray:
        """The start x as d floats; ValueError says what a start on `place` must be."""
        d = self.low.size
        try:
            start = np.atleast_1d(np.array(x, float)) + 0.0  # −0 becomes 0
        except (TypeError, ValueError, OverflowError):
            start = np.array([math.nan])
        if start.shape != (d,) or not np.isfinite(start).all():
            raise ValueError(f"start must be {d} finite number{'s' * (d > 1)} on {place}; got {short(x)}.")
        low, high = self.allowed
        outside = (start < low) | (start > high)
        if outside.any():
            i = int(outside.argmax())
            where = f" in coordinate {i + 1}" if d > 1 else ""
            raise ValueError(f"start must lie between {low[i]:.10g} and {high[i]:.10g}{where}; got {short(x)}.")
        return start


class Permutations:
    """The moves among the tours through n cities: a tour is a permutation (n,) of 0 … n − 1, closed at its end.

    A tour has no first city: where a move reaches over the end, it goes on at the beginning.
    """

    operators: tuple[str, ...] = ("two_opt", "swap", "insertion")
    crossovers: tuple[str, ...] = ("order",)

    def __init__(self, n: int) -> None:
        self.n = n
        self.places = np.arange(n)

    def sample(self, rng: np.random.Generator, *shape: int, first: np.ndarray | None = None) -> np.ndarray:
        """Tours (*shape, n), each order as likely; `first`, where given, takes the place of the first one."""
        x = rng.permuted(np.broadcast_to(self.places, (*shape, self.n)), axis=-1)
        if first is not None:
            x[(0,) * len(shape)] = first
        return x

    def neighbor(
        self, x: np.ndarray, rng: np.random.Generator, scale: float = 0.1, operator: str = "two_opt"
    ) -> np.ndarray:
        """A tour near x, one random move away that spans at most `scale` of the tour.

        "two_opt" reverses a segment, and so replaces two edges by two others (Croes 1958). "swap" exchanges two cities,
        "insertion" puts one at another place. With `scale` 1 each of these changes is as likely. Through three cities
        there is only one tour, so that nothing can be reversed.
        """
        if operator not in self.operators:
            raise ValueError(f"tours know the moves {', '.join(self.operators)}; got {operator!r}.")
        n, shape = self.n, (*x.shape[:-1], 1)
        least = 2 if operator == "two_opt" else 1
        most = min(max(round(scale * n), least), n - 1 if operator == "swap" else n - 2)
        first = rng.integers(0, n, shape)
        span = rng.integers(min(least, most), most + 1, shape)
        k = (self.places - first) % n  # places counted from the first one
        if operator == "two_opt":
            k = np.where(k < span, span - 1 - k, k)
        elif operator == "swap":
            k = np.where(k == 0, span, np.where(k == span, 0, k))
        elif operator == "insertion":
            forward = np.where(k < span, k + 1, np.where(k == span, 0, k))
            backward = np.where(k == 0, span, np.where(k <= span, k - 1, k))
            k = np.where(rng.random(shape) < 0.5, forward, backward)
        return np.take_along_axis(x, (first + k) % n, axis=-1)

    def crossover(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator, operator: str = "order") -> np.ndarray:
        """A child (P, n) of each pair of parents a and b (P, n).

        "order": a random segment of a stays in its place; the other cities follow after it in the order in which b
        visits them from there on (order crossover OX1, Davis 1985).
        """
        if operator not in self.crossovers:
            raise ValueError(f"tours know the crossovers {', '.join(self.crossovers)}; got {operator!r}.")
        n, shape = self.n, (*a.shape[:-1], 1)
        first, length = rng.integers(0, n, shape), rng.integers(1, n, shape)
        places = (first + length + self.places) % n  # from behind the segment on, the segment last
        a, b = (np.take_along_axis(parent, places, axis=-1) for parent in (a, b))
        place_in_a = np.argsort(a, axis=-1)
        in_segment = np.take_along_axis(place_in_a, b, axis=-1) >= n - length
        others = np.take_along_axis(b, np.argsort(in_segment, axis=-1, kind="stable"), axis=-1)
        child = np.where(self.places < n - length, others, a)
        return np.take_along_axis(child, (self.places - first - length) % n, axis=-1)

    def mutate(self, x: np.ndarray, rng: np.random.Generator, rate: float, size: float) -> np.ndarray:
        """x (…, n), each tour with probability `rate` changed by reversing at most `size` of it."""
        hit = rng.random((*x.shape[:-1], 1)) < rate
        return np.where(hit, self.neighbor(x, rng, size), x)

    def kick(self, x: np.ndarray, rng: np.random.Generator, size: float = 1.0) -> np.ndarray:
        """A jump away from x that no reversal undoes at once: a double bridge within a stretch of `size` of the tour.

        Four segments A B C D become A D C B, which replaces exactly four edges (Martin, Otto and Felten 1991). Each is
        at least two cities long where there are eight; of fewer than six cities no double bridge replaces four edges,
        and a random reversal takes its place.
        """
        n, shape = self.n, (*x.shape[:-1], 1)
        if n < 6:
            return self.neighbor(x, rng, 1.0)
        first = rng.integers(0, n, shape)
        stretch = min(n, max(round(size * n), 4 * SHORTEST))
        cuts = np.array([1, 3, 4])
        if n >= 4 * SHORTEST:
            spare = rng.integers(0, stretch - 4 * SHORTEST + 1, (*x.shape[:-1], 3))
            cuts = np.sort(spare, axis=-1) + SHORTEST * np.arange(1, 4)
        ends = np.broadcast_to(cuts, (*x.shape[:-1], 3))[..., None]
        segment = (self.places >= ends).sum(axis=-2) + (self.places >= stretch)
        order = np.argsort(A_D_C_B[segment], axis=-1, kind="stable")
        order = np.take_along_axis(order, (self.places - first) % n, axis=-1)
        return np.take_along_axis(x, (first + order) % n, axis=-1)

    def blank(self, length: int) -> np.ndarray:
        """An empty tabu list (length, 4, 2): −1 where there is no edge."""
        return np.full((length, REPLACED, 2), -1)

    def given_up(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What a move from x to y must not bring back, (4, 2): the ends of the edges it took out, −1 for none."""
        lost = np.setdiff1d(edges(x), edges(y))[:REPLACED]
        ends = np.full((REPLACED, 2), -1)
        ends[: lost.size] = np.stack(np.divmod(lost, self.n), axis=-1)
        return ends

    def returns(self, x: np.ndarray, y: np.ndarray, tabu: np.ndarray, reach: float) -> np.ndarray:
        """Which of the tours y (m, n) bring back an edge of the list `tabu` (K, 4, 2) that x (n,) lacks.

        Edges taken out are tabu-active, one that comes back is enough (Glover 1989; Knox 1994). `reach` is a box's.
        """
        listed = np.setdiff1d(tabu[tabu[..., 0] >= 0] @ [self.n, 1], edges(x))
        return np.asarray(np.isin(edges(y), listed).any(axis=-1))

    def check(self, x: Any, place: str = "these cities") -> np.ndarray:
        """The start x as n whole numbers; ValueError says what a start on `place` must be, and what is wrong."""
        try:
            given = np.array(x)
            whole = given.ndim == 1 and given.dtype.kind in "iuf" and bool((given == np.trunc(given)).all())
        except (TypeError, ValueError, OverflowError):
            whole = False
        wrong = self.wrong(given) if whole else ""
        if wrong or not whole:
            wanted = f"start must name each of the cities 0 … {self.n - 1} once on {place}"
            raise ValueError(f"{wanted}{': ' * bool(wrong)}{wrong}; got {short(x)}.")
        return given.astype(int)

    def wrong(self, tour: np.ndarray) -> str:
        """What keeps whole numbers (m,) from being a tour, in words; empty where nothing does."""
        unknown = tour[(tour < 0) | (tour >= self.n)]
        if unknown.size:
            return f"there is no city {unknown[0]:.10g}"
        visits = np.bincount(tour.astype(int), minlength=self.n)
        if (visits > 1).any():
            return f"city {visits.argmax()} is named {'twice' if visits.max() == 2 else f'{visits.max()} times'}"
        return f"city {visits.argmin()} is missing" if (visits == 0).any() else ""


Moves = Box | Permutations
