"""How one member of a generation came to be: its parents, what each of them handed on, and what mutated, in words."""

from dataclasses import dataclass

import numpy as np

from algorithms.moves import edges
from algorithms.trace import Trace
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.generations import FEW, elites, family
from dashboard.charts.landscape import coordinate
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number

POPULATION, SELECTION, CROSSOVER, MUTATION, ARRIVAL = range(5)  # the stages
GENES = 4  # coordinates that are told one by one; of more only their number
ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, eq=False)
class Mating:
    """How member `who` of generation k came to be; members count from 0.

    `a`, `b`, `crossed` and `child` are positions (d,), `fa`, `fb`, `fc` and `f` their values. A member that was taken
    over is its own only parent: a and b are the same then, and nothing was crossed or mutated.
    """

    trace: Trace
    k: int
    who: int
    parents: tuple[int, int]
    elite: bool
    a: np.ndarray
    b: np.ndarray
    crossed: np.ndarray
    child: np.ndarray
    fa: float
    fb: float
    fc: float
    f: float

    @property
    def frames(self) -> int:
        """Return how many stages there are to see: a member that was taken over is neither crossed nor mutated."""
        return 3 if self.elite else 5

    @property
    def tours(self) -> bool:
        """Return whether tours were mated: their genes are edges, not coordinates."""
        return is_tour(self.trace)

    @property
    def mutated(self) -> np.ndarray:
        """Return which genes of the child the mutation changed: coordinates (d,), or edges (n,) it put in."""
        if self.tours:
            return ~np.isin(edges(self.child), edges(self.crossed))
        return np.asarray(self.crossed != self.child)

    @property
    def origin(self) -> np.ndarray:
        """Return whose each gene of the crossed child is: "a", "b", "both", or "new" for a blend or a new edge."""
        return self.source(self.crossed)

    def source(self, x: np.ndarray) -> np.ndarray:
        """Return whose each gene of a member x is."""
        if self.tours:
            from_a, from_b = (np.isin(edges(x), edges(parent)) for parent in (self.a, self.b))
        else:
            from_a, from_b = x == self.a, x == self.b
        return np.select([from_a & from_b, from_a, from_b], ["both", "a", "b"], "new")

    @property
    def copied(self) -> str:
        """Return the parent that the child is a copy of, "a", "b" or "both"; "" where it is its own."""
        whose = self.source(self.child)
        of = [name for name in "ab" if np.isin(whose, (name, "both")).all()]
        return "both" if len(of) == 2 else "".join(of)

    def rank(self, f: float) -> int:
        """Return the place, from 1, that a value takes among the generation of the parents."""
        return int(np.sum(self.trace.fx[self.k - 1] < f)) + 1


def mating_of(trace: Trace, view: View) -> Mating:
    """Return the mating that made the followed member of generation `view.inside`, the nearest one that there is.

    Raises ValueError for a run of which only the start is known.
    """
    if len(trace) < 2:
        raise ValueError("a run of one generation has no children to look into")
    k, who = int(np.clip(view.inside, 1, len(trace) - 1)), min(view.follow, trace.x.shape[1] - 1)
    one = family(trace, who)
    first, second = (int(i) for i in np.asarray(trace.value("parents"))[k, who])
    elite = bool(one.elite[k]) or min(first, second) < 0
    a, b, crossed, child = one.a[k], one.b[k], one.crossed[k], one.child[k]
    if elite:
        same = np.flatnonzero((trace.x[k - 1] == trace.x[k, who]).all(axis=-1))
        first = second = max(first, second) if max(first, second) >= 0 else int(same[0]) if len(same) else who
        a = b = np.asarray(trace.x[k - 1, first])
        crossed = child
    if trace.x.dtype.kind in "iu":
        a, b, crossed, child = (np.asarray(x, int) for x in (a, b, crossed, child))
    with np.errstate(all="ignore"):
        fc = float(trace.landscape.value(crossed))
    fa, fb = (float(trace.fx[k - 1, i]) for i in (first, second))
    return Mating(trace, k, who, (first, second), elite, a, b, crossed, child, fa, fb, fc, float(trace.fx[k, who]))


def finding(one: Mating) -> tuple[str, str]:
    """Return what came of a mating, and in a second line how."""
    if one.elite:
        place = _place(one.rank(one.fa))
        title = f"Child {one.who + 1} is {survivor(one)}: taken over unchanged, {measure(one)} {number(one.f)}"
        return title, f"It was {place} of generation {one.k - 1:,}: neither crossed nor mutated"
    low, high = sorted((one.fa, one.fb))
    against = f"{measure(one)} {number(one.f)} against {number(one.fa)} and {number(one.fb)}"
    if one.copied:
        whose = "its parents, who are alike" if one.copied == "both" else f"parent {one.copied}"
        whose = "its only parent" if one.parents[0] == one.parents[1] else whose
        title = f"The child is a copy of {whose}: {measure(one)} {number(one.f)}"
    elif not np.isfinite(one.f):
        title = f"The child has no finite value: its parents have {number(one.fa)} and {number(one.fb)}"
    elif one.f < low:
        title = f"The child is better than both parents: {against}"
    elif one.f > high:
        title = f"The child is worse than both parents: {against}"
    elif low == high:
        title = f"The child is as good as its parents: {measure(one)} {number(one.f)}"
    else:
        title = f"The child is between its parents: {against}"
    return title, f"{_crossing(one)}; {mutation(one)}"


def outcome(one: Mating) -> tuple[str, str]:
    """Return the result in two words, and a sentence that tells the mating."""
    if one.elite:
        who = f"Member {one.parents[0] + 1} of generation {one.k - 1:,}"
        return "Taken over", f"{who}, {measure(one)} {number(one.fa)}, is child {one.who + 1} of the next, unchanged."
    low, high = sorted((one.fa, one.fb))
    verdict = "Better" if one.f < low else "Worse" if one.f > high else "As good" if low == high else "In between"
    verdict = "A copy" if one.copied else verdict
    size = one.trace.x.shape[1]
    chosen = " and ".join(
        f"{name} ({measure(one)} {number(f)}, {ordinal(one.rank(f))} of {size})"
        for name, f in zip("ab", (one.fa, one.fb), strict=True)
    )
    then = f"mutation took it to {number(one.f)}" if one.mutated.any() else mutation(one)
    return verdict, f"Selection chose {chosen}. Crossover gave {measure(one)} {number(one.fc)}; {then}."


def captions(one: Mating, times: float = 1) -> list[str]:
    """Return the words of every stage, short enough for a phone; `times` is how much larger than usual it is seen."""
    first = f"Generation {one.k - 1:,}" + (f", magnified {times:,.0f} ×" if times > 1 else "")
    if one.elite:
        return [first, f"1/2 Selection: {_place(one.rank(one.fa))} {_is(one)}", "2/2 Taken over unchanged"]
    ranks = " and ".join(ordinal(one.rank(f)) for f in (one.fa, one.fb))
    change = mutation(one)
    return [
        first,
        f"1/4 Selection: {ranks} of {one.trace.x.shape[1]}",
        f"2/4 Crossover: {_shortly(one)}",
        f"3/4 {change[:1].upper()}{change[1:]}",
        f"4/4 In its generation: {'its length is' if one.tours else 'f ='} {number(one.f)}",
    ]


def _shortly(one: Mating) -> str:
    """Say in a few words whose the genes are."""
    if (one.source(one.b) == "both").all():
        return "only one parent" if one.parents[0] == one.parents[1] else "the parents are alike"
    whose = one.origin
    if (whose == "new").any() and not one.tours:
        return "mixed from both"
    if one.child.size > GENES or one.tours:
        kinds = {"a": "from a", "b": "from b", "new": "new"}
        return ", ".join(f"{np.sum(whose == kind):,} {words}" for kind, words in kinds.items() if (whose == kind).any())
    genes = {kind: [gene(one, i) for i in range(one.child.size) if whose[i] == kind] for kind in "ab"}
    return ", ".join(f"{listed(own)} from {kind}" for kind, own in genes.items() if own)


def measure(one: Mating) -> str:
    """Return what the number of a member is: "f =", or "length" for a tour."""
    return "length" if one.tours else "f ="


def ordinal(n: int) -> str:
    return f"{n:,}{'th' if 10 <= n % 100 <= 20 else ORDINALS.get(n % 10, 'th')}"


def survivor(one: Mating) -> str:
    """Return what a member is called that was taken over: one of a few elites, or of the many that live on."""
    few = elites(one.trace).sum(axis=1).max(initial=0) <= FEW
    return "an elite" if few else "a survivor"


def _is(one: Mating) -> str:
    return f"is {survivor(one)}" if survivor(one) == "an elite" else "lives on"


def _place(n: int) -> str:
    return "the best" if n == 1 else f"the {ordinal(n)} best"


def _crossing(one: Mating) -> str:
    """Say which genes come from whom."""
    d, origin = one.child.size, one.origin
    if one.parents[0] == one.parents[1]:
        return "Crossover: both parents are the same member"
    if (one.source(one.b) == "both").all():
        return "Crossover: both parents have the same genes"
    if d > GENES or one.tours:
        kinds = {"a": "from a", "b": "from b", "both": "in both", "new": "new" if one.tours else "mixed"}
        counts = {kind: int(np.sum(origin == kind)) for kind in kinds}
        parts = [f"{counts[kind]:,} {words}" for kind, words in kinds.items() if counts[kind]]
        return f"Crossover: of {d} {'edges' if one.tours else 'coordinates'} {', '.join(parts)}"
    names = {"a": "from a", "b": "from b", "both": "in both the same"}
    groups = {kind: [gene(one, i) for i in range(d) if origin[i] == kind] for kind in names}
    told = [f"{listed(own)} {names[kind]}" for kind, own in groups.items() if own]
    mixed = [f"{gene(one, i)} {number(np.round(100 * share(one, i)))} %" for i in range(d) if origin[i] == "new"]
    told += [f"{listed(mixed)} of the way from a to b"] if mixed else []
    return f"Crossover: {', '.join(told)}"


def mutation(one: Mating) -> str:
    """Say which genes mutated."""
    which = np.flatnonzero(one.mutated)
    if one.tours:
        return f"mutation puts in {counted(len(which), 'edge')}" if len(which) else "no mutation"
    if not len(which):
        return "no gene mutated"
    if len(which) > GENES:
        return f"mutation moves {len(which):,} of {one.child.size:,}"
    return f"mutation moves {listed([gene(one, int(i)) for i in which])}"


def gene(one: Mating, i: int) -> str:
    return "x" if one.child.size == 1 else coordinate(i)


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def share(one: Mating, j: int) -> float:
    """Return how far gene j of the child lies on the way from a to b; below 0 or above 1 it lies beyond one of them."""
    return float((one.crossed[j] - one.a[j]) / (one.b[j] - one.a[j]))


def made(one: Mating, crossed: float, child: float) -> np.ndarray:
    """Return one number of the child at every stage."""
    if one.elite:
        return np.array([np.nan, np.nan, child])
    return np.array([np.nan, np.nan, crossed, child, child])
