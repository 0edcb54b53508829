"""Tours: the landscape of the travelling salesman, its shortest tour where it can be proven, and a bound elsewhere."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from algorithms.knob import short
from algorithms.landscape import Function, Landscape, Minimum
from algorithms.moves import Permutations

EXACT = 12  # cities up to which the shortest tour is proven: it takes n² 2ⁿ steps
ASCENT = 300  # 1-trees that one_tree_bound grows
ROUNDING = 1e-12  # share of a length that sums of it may be off
SHUFFLES = 10
LONGEST = 1e300  # what the distances of a tour may add up to, so that no sum or difference of tours overflows
TOLERANCE = 1e-9  # of the largest distance: what there and back may differ by


@dataclass(frozen=True)
class Length:
    """The length (…) of closed tours x (…, n), whole numbers, from the distances (n, n)."""

    distances: np.ndarray

    def __call__(self, x: np.ndarray) -> Any:
        x, n = np.asarray(x), len(self.distances)
        after = np.concatenate((x[..., 1:], x[..., :1]), axis=-1)
        return self.distances.ravel().take(x * n + after).sum(axis=-1)


@dataclass(frozen=True, eq=False)
class Tours(Landscape):
    """The closed tours through n ≥ 3 cities, each a permutation of 0 … n − 1, and their length.

    Give `cities` (n, 2), points of the plane, or `distances` (n, n), symmetric, which need come from no map; where both
    are given, the distances count and the cities are only drawn. `minima` holds the shortest tour where it is known:
    given, or found by Held and Karp's method for up to 12 cities. Raises ValueError that says what is wrong.

    >>> float(Tours("Square", cities=[(0, 0), (0, 3), (4, 3), (4, 0)]).optimum)
    14.0
    """

    value: Function = None  # type: ignore[assignment]  # the length of the tour, where not given
    low: Any = field(init=False, default=None)
    high: Any = field(init=False, default=None)
    cities: Any = None
    distances: Any = None

    def __post_init__(self) -> None:
        cities = None if self.cities is None else _floats(self.cities, f"{self.name}: cities")
        if cities is not None and (cities.ndim != 2 or cities.shape[1] != 2):
            raise ValueError(f"{self.name}: cities must be points (n, 2) of the plane; got shape {cities.shape}.")
        given = between(cities) if self.distances is None and cities is not None else self.distances
        if given is None:
            raise ValueError(f"{self.name}: give cities or distances.")
        apart = _square(given, self.name)
        n = len(apart)
        if cities is not None and len(cities) != n:
            raise ValueError(f"{self.name}: {len(cities)} cities need as many rows of distances; got {n}.")
        apart = _sound(apart, self.name)
        length, moves, minima = Length(apart), Permutations(n), self.minima
        if not minima and n <= EXACT:
            tour, shortest = held_karp(apart)
            minima = (Minimum(tuple(tour.tolist()), shortest),)
        for minimum in minima:
            found = length(moves.check(minimum.x, self.name))
            if abs(found - minimum.fx) > 1e-9 * abs(found):
                raise ValueError(f"{self.name}: the tour in minima is {found:.10g} long, not {minimum.fx:.10g}.")
        start = _long_tour(length, n) if self.start is None else moves.check(self.start, self.name)
        settled = {
            "value": length if self.value is None or isinstance(self.value, Length) else self.value,
            "low": np.zeros(n),
            "high": np.full(n, n - 1.0),
            "start": start,
            "minima": minima,
            "kind": self.kind or "tours",
            "latex": self.latex or LATEX,
            "cities": cities,
            "distances": apart,
        }
        for name, final in settled.items():
            if isinstance(final, np.ndarray):
                final.setflags(write=False)
            object.__setattr__(self, name, final)

    @cached_property
    def moves(self) -> Permutations:
        """The moves of methods that ask for nothing but lengths."""
        return Permutations(self.dimension)

    @property
    def offers(self) -> frozenset[str]:
        """What an optimizer may ask of tours: "moves" and "distances"; "value" would mean f at any real point."""
        return frozenset({"moves", "distances"})

    def best_in_words(self, fx: float) -> str:
        """The best length of a run in a sentence."""
        return f"The shortest tour found is {fx:.4g} long."

    @property
    def optimum(self) -> float | None:
        """The length of the shortest tour, where it is known."""
        return self.minima[0].fx if self.minima else None

    @cached_property
    def lower_bound(self) -> float:
        """A length that no tour falls below: the optimum where it is known, else the 1-tree bound."""
        return one_tree_bound(self.distances) if self.optimum is None else self.optimum


LATEX = r"f(x) = \sum_{i=1}^{n} d_{x_i\,x_{i+1}}, \quad x_{n+1} = x_1"


def between(cities: np.ndarray) -> np.ndarray:
    """The distances (n, n) between points (n, 2) of the plane."""
    with np.errstate(over="ignore"):
        apart = cities[:, None] - cities
        return np.hypot(apart[..., 0], apart[..., 1])


def held_karp(distances: Any) -> tuple[np.ndarray, float]:
    """The shortest closed tour (n,), from city 0, and its length, proven by dynamic programming for n ≤ 12.

    Held and Karp 1962, Bellman 1962: the shortest way from city 0 through a set of cities S that ends in j is the
    shortest over k of the way through S without j that ends in k, and then on to j. All sets of one size are taken at
    once. ValueError for more cities, and for what are no distances of a tour.
    """
    d = _square(distances, "held_karp")
    if len(d) > EXACT:
        raise ValueError(f"held_karp takes 3 to {EXACT} cities; got {len(d)}.")
    d, m = _sound(d, "held_karp"), len(d) - 1
    city = np.arange(m)  # city j of the rest is city j + 1 of all
    sets = np.arange(1 << m)
    size = np.bitwise_count(sets)
    cost = np.full((1 << m, m), np.inf)
    cost[1 << city, city] = d[0, 1:]
    for s in range(2, m + 1):
        S, j = np.nonzero((size[:, None] == s) & (sets[:, None] >> city & 1 == 1))
        cost[S, j] = (cost[S ^ (1 << j)] + d[j + 1, 1:]).min(axis=1)
    rest, tour = (1 << m) - 1, [0]
    for _ in range(m):  # from the end back
        before = int((cost[rest] + d[tour[-1], 1:]).argmin())
        tour.append(before + 1)
        rest ^= 1 << before
    shortest = np.array(tour)
    return shortest, float(Length(d)(shortest))


def one_tree_bound(distances: Any, iterations: int = ASCENT) -> float:
    """A length that no closed tour falls below: the 1-tree bound with Held and Karp's ascent.

    A 1-tree is a spanning tree of all cities but one, with that one's two shortest edges; every tour is one, so none is
    shorter than the shortest 1-tree. Adding πᵢ + πⱼ to the distance of i and j makes every tour longer by 2 Σπ, and
    moving π along (degree − 2), a subgradient, makes the trees ever more like tours. Held and Karp 1970 and 1971; the
    steps as in Held, Wolfe and Crowder 1974. On random maps the bound is about 1 % below the optimum.
    ValueError for what are no distances of a tour, or no iterations.
    """
    d = _sound(_square(distances, "one_tree_bound"), "one_tree_bound")
    if iterations < 1:
        raise ValueError(f"one_tree_bound: iterations must be at least 1; got {short(iterations)}.")
    n = len(d)
    pi, best, direction = np.zeros(n), -np.inf, np.zeros(n)
    target = _nearest_neighbor_length(d)
    share, waited = 1.0, 0
    best_pi = pi
    for _ in range(iterations):
        length, degree = _one_tree(d + pi[:, None] + pi)
        bound = length - 2 * pi.sum()
        waited += 1
        if bound > best:
            best, best_pi, waited = bound, pi, 0
        slope = degree - 2.0
        if not slope.any():
            break  # the tree is a tour: the bound is the optimum
        if waited >= 10:
            share, waited, pi = share / 2, 0, best_pi
        direction = 0.7 * slope + 0.3 * direction
        pi = pi + share * max(target - bound, ROUNDING * target) / (slope @ slope) * direction
    return float(best * (1 - ROUNDING))  # rounding may not lift it above the optimum


def _one_tree(d: np.ndarray) -> tuple[float, np.ndarray]:
    """The length of the shortest 1-tree around the last city, and every city's degree (n,) in it.

    Prim 1957: again and again the city nearest to the tree joins it.
    """
    m = len(d) - 1
    degree = np.zeros(m + 1)
    near, neighbor = d[0, :m].copy(), np.zeros(m, int)
    outside = np.zeros(m)
    outside[0] = np.inf
    length = 0.0
    for _ in range(m - 1):
        j = int((near + outside).argmin())
        length += near[j]
        degree[j] += 1
        degree[neighbor[j]] += 1
        outside[j] = np.inf
        closer = d[j, :m] < near
        near = np.where(closer, d[j, :m], near)
        neighbor = np.where(closer, j, neighbor)
    ends = np.argpartition(d[m, :m], 1)[:2]
    degree[ends] += 1
    degree[m] = 2
    return length + float(d[m, ends].sum()), degree


def _nearest_neighbor_length(d: np.ndarray) -> float:
    """The length of the tour that always goes on to the nearest city, from city 0."""
    here, length, open_ = 0, 0.0, np.zeros(len(d))
    for _ in range(len(d) - 1):
        open_[here] = np.inf
        nearest = int((d[here] + open_).argmin())
        length, here = length + d[here, nearest], nearest
    return length + float(d[here, 0])


def _long_tour(length: Length, n: int) -> np.ndarray:
    """Where a run starts if nothing else is said: the longest of ten shuffled tours, so that much can be improved."""
    tours = Permutations(n).sample(np.random.default_rng(0), SHUFFLES)
    return tours[length(tours).argmax()]


def _square(distances: Any, owner: str) -> np.ndarray:
    """The distances as finite floats (n, n); ValueError, which begins with their owner, for another shape."""
    d = _floats(distances, f"{owner}: distances")
    if d.ndim != 2 or d.shape[0] != d.shape[1] or len(d) < 3:
        raise ValueError(f"{owner}: distances must be (n, n) for n ≥ 3 cities; got shape {d.shape}.")
    return d


def _sound(d: np.ndarray, owner: str) -> np.ndarray:
    """The distances (n, n), exactly symmetric; ValueError names the first pair of cities that breaks a rule."""
    largest = float(abs(d).max())  # whose products overflow without a warning
    if not largest * len(d) <= LONGEST:
        raise ValueError(f"{owner}: distances must not add up to more than {LONGEST:g}; the largest is {largest:.4g}.")
    wrong = (d < 0) | (abs(d - d.T) > TOLERANCE * largest) | (np.eye(len(d), dtype=bool) & (d != 0))
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        back = f" and from {j} to {i} it is {d[j, i]:.10g}" if d[i, j] != d[j, i] else ""
        rule = f"{owner}: distances must be symmetric, not negative, and 0 from a city to itself"
        raise ValueError(f"{rule}; from {i} to {j} it is {d[i, j]:.10g}{back}.")
    return (d + d.T) / 2


def _floats(values: Any, what: str) -> np.ndarray:
    """The values as a new array of finite floats; ValueError says which of them is none."""
    kind, got = "finite", short(values)
    try:
        given = np.array(values)
        if given.dtype.kind == "c":
            kind, got = "real", "complex ones"
        else:
            array = given.astype(float)
            lost = np.argwhere(~np.isfinite(array))
            if not lost.size:
                return array
            place = tuple(lost[0].tolist())
            got = f"{array[place]} at {place}"
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{what} must be {kind} numbers; got {got}.")
