"""How one member was challenged: the donors of its trial, whose coordinates the trial has, and its fate, in words."""

from dataclasses import dataclass

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.landscape import coordinate
from dashboard.charts.offspring import GENES, listed, ordinal
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number

TARGET, DONORS, DIFFERENCE, MUTANT, CROSSOVER, SELECTION = range(6)  # the stages
STAGES = 6


@dataclass(frozen=True, eq=False)
class Challenge:
    """How member `who` fared in the step that led to frame k; members count from 0.

    `x`, `a`, `b`, `c`, `v`, `w` and `u` are positions (d,): the member, its donors, the mutant, the mutant reflected at
    the walls, and the trial; fx, fa, fb, fc and fu are values. `crowd` (P, d) and its values (P,) are the members as
    they were when its turn came.
    """

    trace: Trace
    k: int
    who: int
    donors: tuple[int, int, int]
    x: np.ndarray
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    v: np.ndarray
    w: np.ndarray
    u: np.ndarray
    fx: float
    fa: float
    fb: float
    fc: float
    fu: float
    taken: bool
    crowd: np.ndarray
    crowd_fx: np.ndarray

    @property
    def from_x(self) -> np.ndarray:
        """Return which coordinates (d,) of the trial are those of the member itself."""
        return np.asarray(self.u == self.x)

    @property
    def reflected(self) -> bool:
        """Return whether the mutant left the domain."""
        low, high = self.trace.landscape.low, self.trace.landscape.high
        return bool(((self.v < low) | (self.v > high)).any())

    @property
    def scale(self) -> float:
        """Return F, by which the difference is multiplied."""
        return float(dict(self.trace.run.knobs)["F"])

    @property
    def length(self) -> float:
        """Return how long the difference is."""
        return float(np.linalg.norm(self.b - self.c))

    def rank(self, f: float) -> int:
        """Return the place, from 1, that a value takes among the members."""
        return int(np.sum(self.crowd_fx < f)) + 1


def challenge_of(trace: Trace, view: View) -> Challenge:
    """Return the trial of the followed member in the step to frame `view.inside`, the nearest one that there is.

    Raises ValueError for a run of which only the start is known.
    """
    if len(trace) < 2:
        raise ValueError("a run of one generation has no trials to look into")
    k, who = int(np.clip(view.inside, 1, len(trace) - 1)), min(view.follow, trace.x.shape[1] - 1)
    first, second, third = (int(i) for i in np.asarray(trace.value("donors"))[k, who])
    points = {
        letter: np.asarray(trace.value(name)[k, who], float)
        for letter, name in (("a", "donor_a"), ("b", "donor_b"), ("c", "donor_c"), ("v", "mutant"), ("w", "landed"))
    }
    x, u = np.asarray(trace.x[k - 1, who], float), np.asarray(trace.value("trial")[k, who], float)
    moved = np.arange(trace.x.shape[1]) < (who if dict(trace.run.knobs).get("updating") == "immediate" else 0)
    crowd = np.where(moved[:, None], trace.x[k], trace.x[k - 1])
    f = np.where(moved, trace.fx[k], trace.fx[k - 1])
    values = (float(f[i]) for i in (who, first, second, third))
    fu, taken = float(trace.value("trial_fx")[k, who]), bool(trace.value("accepted")[k, who])
    fx, fa, fb, fc = values
    return Challenge(trace, k, who, (first, second, third), x, **points, u=u, fx=fx, fa=fa, fb=fb, fc=fc, fu=fu,
                     taken=taken, crowd=crowd, crowd_fx=f)  # fmt: skip


def gene(one: Challenge, i: int) -> str:
    """Return what coordinate i is called."""
    return "x" if one.x.size == 1 else coordinate(i)


def finding(one: Challenge) -> tuple[str, str]:
    """Return what came of a trial, and in a second line whose coordinates it has."""
    against = f"f = {number(one.fu)} against {number(one.fx)}"
    if one.taken and one.fu == one.fx:
        title = f"The trial is as good, and accepted: f = {number(one.fu)}"
    else:
        title = f"The trial is {'accepted' if one.taken else 'rejected'}: {against}"
    step = f"{number(one.scale)} × the difference b − c, {number(one.length)} long"
    return title, f"Mutation: a moved by {step}. Crossover: {crossing(one)}"


def crossing(one: Challenge) -> str:
    """Say whose the trial's coordinates are."""
    d, own = one.x.size, one.from_x
    if not own.any():
        return "all of the mutant" if d > 1 else "u is the mutant"
    if own.all():
        return "the mutant is the member itself"
    if d > GENES:
        return f"{counted(int(np.sum(~own)), 'coordinate')} of {d} from v"
    groups = {"v": ~own, "x": own}
    told = (f"{listed([gene(one, i) for i in range(d) if which[i]])} from {name}" for name, which in groups.items())
    return ", ".join(told)


def captions(one: Challenge, times: float = 1) -> list[str]:
    """Return the words of every stage, short enough for a phone; `times` is how much larger than usual it is seen."""
    a, b, c = (i + 1 for i in one.donors)
    best = dict(one.trace.run.knobs)["strategy"].startswith("best")
    sign = "≤" if one.taken else ">"
    return [
        f"Target x: member {one.who + 1}, f = {number(one.fx)}" + (f", magnified {times:,.0f} ×" if times > 1 else ""),
        f"1/5 The best, a = {a}; drawn: b = {b}, c = {c}" if best else f"1/5 Drawn: a = {a}, b = {b}, c = {c}",
        f"2/5 Difference b − c: {number(one.length)} long",
        f"3/5 Mutant v = a + {number(one.scale)} (b − c)" + (", reflected at the wall" if one.reflected else ""),
        f"4/5 Trial u: {crossing(one)}",
        f"5/5 f(u) = {number(one.fu)} {sign} {number(one.fx)}: {'u takes its place' if one.taken else 'x stays'}",
    ]


def outcome(one: Challenge) -> tuple[str, str]:
    """Return the result in a word, and a sentence that tells the trial."""
    a, b, c = (i + 1 for i in one.donors)
    size, rank = one.trace.x.shape[1], one.rank(one.fu)
    stands = f"{ordinal(rank)} of {size}" if one.taken else f"it would be {ordinal(rank)}"
    stands = f"worse than all {size} members" if rank > size else stands
    walls = ", reflected at the walls" if one.reflected else ""
    made = f"Mutant: {a} + {number(one.scale)} × ({b} − {c}){walls}. Trial: {crossing(one)}."
    return (
        "Accepted" if one.taken else "Rejected",
        f"{made} f(u) = {number(one.fu)}, {stands}; f(x) = {number(one.fx)}.",
    )
