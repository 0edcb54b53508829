"""The terms of the update rule as arrows from the current point: shares of the step, lengthened by one stated factor.

An arrow carries its sign and its learning rate: what is drawn for the gradient is −η∇f, its share of the step, and
the shares add up to the step. So it is called "gradient's share", not "gradient", which would point uphill.
"""

from dataclasses import dataclass

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.sketch import Sketch, line

TYPICAL, LONGEST = 80, 250  # pixels: of a typical step at least, and of the longest arrow
SHORTEST = 24  # pixels: a shorter arrow would lie under the ball, so it is left out with its name
KEPT = 60  # pixels: no arrow is cut below this
MARGIN = np.array([60, 36])  # pixels between a tip and the picture's edge, for the name
SAME = 6  # pixels between two tips of which the name of one is enough
NICE: list[float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80]
NICE += [n * 10**e for e in (2, 3, 4) for n in (1, 1.5, 2, 3, 5)]
LETTER = 7.6  # pixels, the mean width of a letter of a label at 14 px


@dataclass(frozen=True, eq=False)
class Arrows:
    """The arrows of a run as they are drawn: role -> (T, 2), in each frame `scale` (T,) times as long as they are."""

    drawn: dict[str, np.ndarray]
    names: dict[str, str]
    scale: np.ndarray

    @property
    def note(self) -> str:
        """Return the sentence that says what the arrows are; {times} stands for how long they are drawn in a frame."""
        if not self.drawn:
            return ""
        what = "the arrow is the step" if len(self.drawn) == 1 else "arrows are shares of the step"
        return f"{what}, {'at true length' if np.allclose(self.scale, 1) else '{times}'}"


def terms(trace: Trace, pair: tuple[int, ...], hide: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Return role -> vectors (T, 2) or (T, P, 2); one that is the step itself is left to the step.

    Roles in `hide` are left out.
    """
    roles = {role: trace.arrow(role)[..., list(pair)] for role in trace.optimizer.arrows}
    step = roles.get("step")
    if step is None:
        return roles
    roles = {role: np.where(np.isfinite(step), vector, np.nan) for role, vector in roles.items()}  # no step, no terms
    if len(roles) == 2:
        other = next(role for role in roles if role != "step")
        if _equal(roles[other], step):
            return {} if {other, "step"} & {*hide} else {other: roles[other]}
    return {role: vector for role, vector in roles.items() if role not in hide}


def names(trace: Trace, roles: dict[str, np.ndarray], pair: tuple[int, ...]) -> dict[str, str]:
    """Return role -> what its arrow is called."""
    if len(roles) > 1:
        return {role: "step" if role == "step" else f"{role}'s share" for role in roles}
    role = next(iter(roles), "step")
    if role == "gradient" and "rate" in trace.optimizer.derived:
        descent = -trace.value("rate")[:, None] * trace.value("seen")[..., list(pair)]
        plain = "estimate" not in trace.fields and _equal(roles[role], descent)
        return {role: "step −η∇f" if plain else "step"}
    return dict.fromkeys(roles, "step" if role in ("step", "gradient") else f"{role}'s share")


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    return bool(np.allclose(a[both], b[both], rtol=1e-6, atol=1e-12))


def arrows(
    trace: Trace,
    pair: tuple[int, ...],
    unit: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    hide: tuple[str, ...] = (),
    true: np.ndarray | None = None,
) -> Arrows:
    """Return a run's arrows as drawn in a picture that shows `low` to `high`, where a pixel measures `unit`.

    Short ones are lengthened, but not in the frames (T,) where they must be `true` because the picture shows what they
    lead to; those that would leave the picture are shortened.
    """
    roles = terms(trace, pair, hide)
    with np.errstate(all="ignore"):
        longest = np.max([np.linalg.norm(v / unit, axis=-1) for v in roles.values()], axis=0, initial=0.0)
        most = np.where(np.zeros(len(trace), bool) if true is None else true, 1, factor(roles, unit))
        scale = np.clip(TYPICAL / longest, 1, most)
    scale = np.where(np.isfinite(scale), scale, 1.0) * np.ones(len(trace))
    scale = _rounded(scale * _fitting(trace.x[:, list(pair)], roles, scale, unit, low, high))
    drawn = {role: scale[:, None] * vector for role, vector in roles.items()}
    return Arrows(drawn, names(trace, roles, pair), scale)


def _rounded(scale: np.ndarray) -> np.ndarray:
    """Return factors rounded down to two digits, so that they can be said."""
    with np.errstate(all="ignore"):
        digit = 10 ** (np.floor(np.log10(scale)) - 1)
    return np.where(scale > 0, np.floor(scale / digit + 1e-9) * digit, 1.0)


def factor(roles: dict[str, np.ndarray], unit: np.ndarray) -> float:
    """Return how many times as long arrows are drawn at most, a round number.

    Typical steps then have a length that can be read; longer ones are drawn less, or not, lengthened.
    """
    if not roles:
        return 1.0
    with np.errstate(all="ignore"):
        lengths = {role: np.linalg.norm(v / unit, axis=-1).ravel() for role, v in roles.items()}
        lengths = {role: v[np.isfinite(v) & (v > 0)] for role, v in lengths.items()}
    step = lengths.get("step", next(iter(lengths.values())))
    longest = max((v.max() for v in lengths.values() if v.size), default=0.0)
    if not step.size or not longest > 0:
        return 1.0
    typical = np.median(step[step >= 0.02 * step.max()])
    wanted = np.clip(LONGEST / longest, TYPICAL / typical, 1.5 * TYPICAL / typical)
    return float(max((n for n in NICE if n <= wanted), default=1))


def _fitting(
    at: np.ndarray, roles: dict[str, np.ndarray], times: np.ndarray, unit: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return what share (T,) of their length lets all arrows of a frame end in the picture."""
    share = np.ones(len(at))
    with np.errstate(all="ignore"):
        for vector in roles.values():
            way = times[:, None] * vector
            length = np.linalg.norm(way / unit, axis=-1)
            room = np.where(way > 0, high - MARGIN * unit - at, at - low - MARGIN * unit)
            fits = np.min(room / np.abs(way), axis=-1)
            fits = np.maximum(fits, KEPT / length)
            share = np.where(np.isfinite(fits), np.minimum(share, fits), share)
    return share


def add_arrows(sketch: Sketch, at: np.ndarray, shown: Arrows, unit: np.ndarray) -> None:
    """Add the arrows from `at` (T, 2), named at their tips; two terms that add up to the step get a parallelogram."""
    roles = shown.drawn
    tips = {role: at + vector for role, vector in roles.items()}
    parts = [role for role in roles if role != "step"]
    if len(parts) == 2 and "step" in roles and _equal(roles[parts[0]] + roles[parts[1]], roles["step"]):
        corners = np.stack([tips[parts[0]], tips["step"], tips[parts[1]]], axis=1)
        with np.errstate(all="ignore"):
            seen = np.all([np.linalg.norm(roles[part] / unit, axis=-1) >= SHORTEST for part in parts], axis=0)
        corners[~seen] = np.nan
        style = line(sketch.theme.mark("step"), 1.4, "4px,4px")
        sketch.move("parallelogram", "polyline", style, x=corners[..., 0], y=corners[..., 1])
    for role in [*parts, *(["step"] if "step" in roles else [])]:
        width = look.STEP if role == "step" else look.ARROW
        sketch.arrow(role, role, width, at, tips[role], least=SHORTEST - 2)
    for role, place in _places(at, tips, shown.names, unit, sketch.theme.size / 14).items():
        sketch.label(shown.names[role], role, place, "middle center")


def _places(
    at: np.ndarray, tips: dict[str, np.ndarray], names: dict[str, str], unit: np.ndarray, room: float
) -> dict[str, np.ndarray]:
    """Return where the names stand: beyond the tips, moved up or down where they would cover an earlier one."""
    placed: dict[str, np.ndarray] = {}
    halves: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for role in sorted(tips, key=lambda role: role != "step"):
            vector = (tips[role] - at) / unit
            length = np.linalg.norm(vector, axis=-1, keepdims=True)
            half = np.array([LETTER * len(names[role]) / 2 + 6, 12]) * room
            place = tips[role] / unit + beyond(vector, half)
            place[~(length[:, 0] >= SHORTEST)] = np.nan
            if role != "step" and "step" in tips:  # it lies under the step
                place[np.linalg.norm((tips[role] - tips["step"]) / unit, axis=-1) < SAME] = np.nan
            for other, there in placed.items():
                gap = place - there
                need = halves[other] + half
                over = (np.abs(gap) < need).all(axis=-1)
                push = np.where(gap[:, 1] >= 0, 1, -1) * (need[1] - np.abs(gap[:, 1]))
                place[:, 1] += np.where(over, push, 0)
            placed[role], halves[role] = place, half
    return {role: place * unit for role, place in placed.items()}


def beyond(vector: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return how far, in pixels, a label of half the size `half` is moved along `vector` (T, 2) to stand clear."""
    away = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    edge = np.minimum(half[0] / np.abs(away[:, :1]), (half[1] + 4) / np.abs(away[:, 1:]))
    return np.asarray(away * (edge + 4))
