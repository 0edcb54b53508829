"""A population by generation: the current one, the last few fading behind it, and where one child comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import exploration
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.marks import Place, color_of
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.placing import Drawn, add_names, stars
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.spread import diversity
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number

AGES = (0.62, 0.4, 0.22)  # how much of the run's color the last generations keep, the newest of them first
SIZES = (8.0, 7.0, 6.0)  # pixels of their discs
PARENTS = ("purple", "green", "blue")  # the colors of two parents: the first two that are not the run's own
DEAD = 0.01  # of the diversity at the start: less is none
STEADY = 2  # times: a diversity that changes less from the second third of a run to the last is kept up
FEW = 8  # elites with a bold ring; where more live on, thin ones leave the members in sight
SHORT = 12  # pixels: a shorter mutation would only be a blot
SAME = 6  # pixels: a parent that is nearer to its child is not named
CURVE = np.array([500.0, 360.0])  # pixels that a curve over the domain takes, for what is measured in pixels


@dataclass(frozen=True, eq=False)
class Family:
    """The parents of one member in every frame, and the child before it mutates; NaN where there were none.

    `a`, `b`, `crossed` and `child` are (T, d), `fa`, `fb` and `f` (T,); `elite` (T,) tells where it was taken over.
    """

    a: np.ndarray
    b: np.ndarray
    crossed: np.ndarray
    child: np.ndarray
    fa: np.ndarray
    fb: np.ndarray
    f: np.ndarray
    elite: np.ndarray


def family(trace: Trace, who: int) -> Family:
    """Return where member `who` of every generation comes from; its parents are members one frame before."""
    parents = np.asarray(trace.value("parents"))[:, who].astype(int)
    child = np.asarray(trace.x[:, who], float)
    known = np.array((parents >= 0).all(axis=1))
    known[0] = False
    before = np.maximum(np.arange(len(trace)) - 1, 0)
    a, b = (np.where(known[:, None], trace.x[before, parents[:, i]], np.nan) for i in (0, 1))
    fa, fb = (np.where(known, trace.fx[before, parents[:, i]], np.nan) for i in (0, 1))
    crossed = np.where(known[:, None], np.asarray(trace.value("crossed"))[:, who], np.nan)
    return Family(a, b, crossed, child, fa, fb, np.asarray(trace.fx[:, who], float), elites(trace)[:, who])


def elites(trace: Trace) -> np.ndarray:
    """Return which members (T, P) were taken over unchanged; nobody where the run does not say."""
    if "elite" not in trace.fields:
        return np.zeros(trace.x.shape[:2], bool)
    taken = np.array(trace.value("elite"), bool)
    taken[0] = False
    return taken


def first_child(trace: Trace) -> int:
    """Return the first of the members that were bred in the most generations; 0 where there are no generations."""
    if "parents" not in trace.fields:
        return 0
    return int((~elites(trace)).sum(axis=0).argmax())


def parent_roles(trace: Trace) -> tuple[str, str]:
    """Return the colors of parents a and b."""
    free = [role for role in PARENTS if role != color_of(trace)]
    return free[0], free[1]


def faded(theme: Theme, color: str, share: float) -> str:
    """Return a color of which only a share is left, the rest being the landscape's middle tone."""
    full, ground = theme.mark(color), theme.landscape[len(theme.landscape) // 2]
    mixed = [round(share * int(full[i : i + 2], 16) + (1 - share) * int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def rim(theme: Theme, color: str) -> str:
    """Return the color of the edge of a member's disc."""
    return theme.ink(color) if theme.is_pale(color) else theme.halo


def add_generations(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None = None) -> None:
    """Add the generations and the family of the followed child; `unit` is the size of a pixel in the plane."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x, trace.fx)
    if not sketch.solid and "earlier" not in view.hide:
        # Each tail lies on the one before and is a generation shorter: what is left to see of it is its oldest.
        for age, (share, size) in reversed(list(enumerate(zip(AGES, SIZES, strict=True), 1))):
            disc = sign("circle", faded(theme, color, share), size)
            sketch.move(f"{age} before", "tail", disc, length=age + 1, **at)
        sketch.key.append(KeyEntry("circle", faded(theme, color, AGES[1]), "earlier"))
    sketch.entry("circle", color, "member", outline=rim(theme, color))
    sketch.move("members halo", "point", sign("circle", theme.halo, look.PARTICLE + 4), **at)
    disc = sign("circle", theme.mark(color), look.PARTICLE, rim(theme, color), 1.4)
    sketch.move("members", "point", disc, **at)
    add_elites(sketch, trace, place)
    sketch.entry("diamond", "best", "best", outline=theme.rim("best"))
    if sketch.solid or "family" in view.hide:
        _add_best(sketch, trace, place)
    else:
        _add_family(sketch, trace, view, place, unit)


def _add_best(sketch: Sketch, trace: Trace, place: Place) -> None:
    diamond = sign("diamond", sketch.theme.mark("best"), look.BEST - 4, sketch.theme.rim("best"), 1.6)
    sketch.move("best so far", "point", diamond, **place(trace.best_x, trace.best_fx))


def add_elites(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add a ring around every member that was taken over from the last generation."""
    taken = elites(trace)
    most = int(taken.sum(axis=1).max(initial=0))
    if not most:
        return
    order = np.argsort(~taken, axis=1, kind="stable")[:, :most]
    which = np.take_along_axis(taken, order, axis=1)
    x = np.where(which[..., None], np.take_along_axis(trace.x, order[..., None], axis=1), np.nan)
    at = place(x, np.where(which, np.take_along_axis(trace.fx, order, axis=1), np.nan))
    wide, bold = (9, 2.0) if most <= FEW else (6, 1.0)
    ring = sign("circle-open", sketch.theme.text, look.PARTICLE + wide, sketch.theme.text, bold)
    sketch.move("elites", "point", ring, **at)
    sketch.key.append(KeyEntry("circle-open", sketch.theme.text, "elite" if most <= FEW else "kept"))


def _add_family(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None) -> None:
    """Add where the followed child of the next generation comes from: lines from its parents, and its mutation.

    At the last frame, which has no next generation, it is the child that is there.
    """
    theme, color, who = sketch.theme, color_of(trace), view.follow
    one = family(trace, who)
    bred = ~one.elite
    crossed = _ahead(place(np.where(bred[:, None], one.crossed, np.nan)))
    child = _ahead(place(one.child, one.f), stays=True)
    both = list(zip(parent_roles(trace), (one.a, one.b), (one.fa, one.fb), "ab", strict=True))
    parents = [_ahead(place(np.where(bred[:, None], x, np.nan), np.where(bred, fx, np.nan))) for _, x, fx, _ in both]
    for (role, _, _, name), parent in zip(both, parents, strict=True):
        way = {**parent, "x2": crossed["x"], "y2": crossed["y"]}
        sketch.haloed(f"from {name}", "segments", line(theme.line(role), look.PATH - 0.4), **way)
    tail, tip = (np.stack([end["x"], end["y"]], axis=-1) for end in (crossed, child))
    sketch.arrow("mutation", "step", look.ARROW - 0.8, tail, tip, least=SHORT)
    if mutates(trace):
        sketch.entry("arrow", "step", "mutation")
    for (role, _, _, name), parent in zip(both, parents, strict=True):
        disc = sign("circle", theme.mark(role), look.PARTICLE + 2, theme.text, 1.6)
        sketch.move(f"parent {name}", "point", disc, **parent)
        sketch.entry("circle", role, f"parent {name}", outline=theme.text)
    sketch.entry("line", both[0][0], "crossover")
    hollow = sign("circle", theme.halo, look.FOLLOWED - 1, theme.line(color), 3.4)
    sketch.move("followed", "point", hollow, head=True, **child)
    sketch.key.append(KeyEntry("circle", theme.halo, "child", outline=theme.line(color)))
    _add_best(sketch, trace, place)  # above the rings of the elite and of the child, which is often the same member
    flat = unit is not None
    unit = unit if unit is not None else curve_pixel(trace, place)
    best, points = place(trace.best_x, trace.best_fx), {"child": tip}
    for name, parent in zip("ab", parents, strict=True):
        at = np.stack([parent["x"], parent["y"]], axis=-1)
        with np.errstate(all="ignore"):
            near = np.linalg.norm((at - tip) / unit, axis=-1) < SAME
        points[name] = np.where(near[:, None], np.nan, at)
    seen = points | {"best": np.stack([best["x"], best["y"]], axis=-1)}
    low, high = (np.asarray(end, float) for end in (trace.landscape.low, trace.landscape.high))
    ends, crowd = (np.append(low, -np.inf), np.append(high, np.inf)), None
    if flat:
        pair = list(view.pair)
        ends, crowd = (low[pair], high[pair]), np.asarray(trace.x, float)[..., pair]
        seen |= stars(trace, lambda x: x[:, pair])
    lines = [(points[name], tail) for name in "ab"]
    names, roles = {"child": f"child {who + 1}", "a": "a", "b": "b"}, dict(zip("ab", parent_roles(trace), strict=True))
    drawn = Drawn(unit, theme.size / 14, ends, seen, lines, crowd)
    add_names(sketch, names, roles | {"child": color}, drawn)


def _ahead(at: dict[str, Any], stays: bool = False) -> dict[str, Any]:
    """Return positions one frame on; at the last frame none, or where it `stays` the last one."""
    last = {axis: values[-1:] if stays else np.full(1, np.nan) for axis, values in at.items()}
    return {axis: np.append(values[1:], last[axis]) for axis, values in at.items()}


def curve_pixel(trace: Trace, place: Place) -> np.ndarray:
    """Return about how long a pixel is along x and f on a curve over the domain."""
    across = np.linspace(np.asarray(trace.landscape.low, float), np.asarray(trace.landscape.high, float), 200)
    at = place(across)
    width, height = (np.ptp(each[np.isfinite(each)]) if np.isfinite(each).any() else 1.0 for each in at.values())
    return np.array([width, height]) / CURVE


def fitness(trace: Trace, shift: float) -> list[Line]:
    """Return the best, mean and worst value of each generation as lines of a chart, `shift` below f."""
    f = np.where(np.isfinite(trace.fx), trace.fx, np.nan) - shift
    some = np.asarray(np.isfinite(f).any(axis=1))
    safe = np.where(some[:, None], f, 0)
    best, mean, worst = (np.where(some, of(safe, axis=1), np.nan) for of in (np.nanmin, np.nanmean, np.nanmax))
    best = np.where((best < 0) & (best > -1e-12), 0, best)
    return [
        Line("best", best, color_of(trace)),
        Line("mean", mean, "ghost", dash="dash", dot=False),
        Line("worst", worst, "rejected", dash="dot", dot=False),
    ]


def mutates(trace: Trace) -> bool:
    """Return whether any child of the run was moved by a mutation."""
    crossed = np.asarray(trace.value("crossed"))
    bred = ~elites(trace)[1:]
    return bool((crossed[1:][bred] != trace.x[1:][bred]).any())


def fading(trace: Trace) -> int | None:
    """Return the generation from which on the diversity is below a hundredth of the first; None where it stays up."""
    wide = diversity(trace)
    alive = np.flatnonzero(~(wide <= DEAD * wide[0]))
    k = int(alive[-1]) + 1 if len(alive) else 0
    return k if k < len(wide) else None


def diversity_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how different the members are, over the generations."""
    wide, tours = diversity(trace), is_tour(trace)
    title = _diversity_title(trace, wide, tours)
    subtitle = "share of edges in which two tours differ" if tours else "mean distance to the center, and to the best"
    over = counted(len(trace) - 1, "generation")
    ends = [_amount(value, tours) for value in wide[[0, -1]]]
    alt = f"Diversity, the {subtitle}, over {over}: {ends[0]} at the start, {ends[1]} at the end. {title}."
    lines = exploration.lines(trace)
    unit, key = " %" if tours else "", exploration.key(trace, theme)
    return chart("diversity", title, subtitle, alt, theme, trace, lines, unit=unit, key=key)


def _amount(value: float, tours: bool) -> str:
    return f"{number(float(f'{100 * value:.2g}'))} %" if tours else number(float(f"{value:.2g}"))


def _diversity_title(trace: Trace, wide: np.ndarray, tours: bool) -> str:
    first, last, dead = wide[0], wide[-1], fading(trace)
    if len(trace) < 2:
        return "Only the first generation is known"
    if not np.isfinite(wide).all():
        return "The population flies apart"
    if not first > 0:
        return "All members are the same from the start"
    without = "" if mutates(trace) else "Without mutation "
    if dead is not None:
        return f"{without}{'d' if without else 'D'}iversity dies by generation {dead:,}"
    third = max(len(wide) // 3, 1)
    before, level = (float(np.median(wide[part])) for part in (slice(-2 * third, -third), slice(-third, None)))
    steady = before <= STEADY * level and level <= STEADY * before
    if level > 0.8 * first:
        return "The population stays as diverse as it began"
    if steady and not without:
        kept = _amount(level, tours)
        return (
            f"Mutation keeps {kept} of the edges different" if tours else f"Mutation keeps the population {kept} wide"
        )
    return f"{without}{'d' if without else 'D'}iversity falls from {_amount(first, tours)} to {_amount(last, tours)}"


def choices(trace: Trace, view: View) -> dict[str, Any]:
    """Return which member is followed on a curve, and which could be; nothing where nobody is."""
    word = "child" if "parents" in trace.fields else "member" if "donors" in trace.fields else ""
    if not word:
        return {}
    offered = {"follow": tuple((str(i), f"{word} {i + 1} of {trace.x.shape[1]}") for i in range(trace.x.shape[1]))}
    return {"choices": offered, "chosen": {"follow": str(view.follow)}}
