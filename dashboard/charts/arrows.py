"""The terms of the update rule as arrows from the current point, lengthened by one stated factor per run."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.sketch import Sketch, line

TYPICAL, LONGEST, SHORTEST = 100, 280, 26  # pixels
NICE: list[float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80]
NICE += [n * 10**e for e in (2, 3, 4) for n in (1, 1.5, 2, 3, 5)]
LETTER = 7.6  # pixels, the mean width of a letter of a label at 14 px


def terms(trace: Trace, pair: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return role -> vectors (T, 2) or (T, P, 2); one that is the step itself is left to the step."""
    roles = {role: trace.arrow(role)[..., list(pair)] for role in trace.optimizer.arrows}
    step = roles.get("step")
    if step is None:
        return roles
    roles = {role: np.where(np.isfinite(step), vector, np.nan) for role, vector in roles.items()}  # no step, no terms
    if len(roles) != 2:
        return roles
    other = next(role for role in roles if role != "step")
    return {other: roles[other]} if _equal(roles[other], step) else roles


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    return bool(np.allclose(a[both], b[both], rtol=1e-6, atol=1e-12))


def factor(roles: dict[str, np.ndarray], unit: np.ndarray) -> float:
    """Return how many times as long arrows are drawn: a typical step is then some 100 pixels, a round number."""
    if not roles:
        return 1.0
    with np.errstate(all="ignore"):
        lengths = {role: np.linalg.norm(v / unit, axis=-1).ravel() for role, v in roles.items()}
        lengths = {role: v[np.isfinite(v) & (v > 0)] for role, v in lengths.items()}
    step = lengths.get("step", next(iter(lengths.values())))
    longest = max((np.percentile(v, 95) for v in lengths.values() if v.size), default=0.0)
    if not step.size or not longest > 0:
        return 1.0
    typical = np.percentile(step[step >= 0.02 * step.max()], 75)
    wanted = min(TYPICAL / typical, LONGEST / longest)
    return float(min(NICE, key=lambda n: abs(np.log(n / max(wanted, 1e-9)))))


def note(times: float) -> str:
    """Return the sentence that states the factor."""
    return "" if times == 1 else f"arrows are drawn {times:,.4g} times as long"


def add_arrows(sketch: Sketch, at: np.ndarray, roles: dict[str, np.ndarray], times: float, unit: np.ndarray) -> None:
    """Add the arrows from `at` (T, 2), named at their tips; two terms that add up to the step get a parallelogram."""
    tips = {role: at + times * vector for role, vector in roles.items()}
    parts = [role for role in roles if role != "step"]
    if len(parts) == 2 and "step" in roles and _equal(roles[parts[0]] + roles[parts[1]], roles["step"]):
        corners = np.stack([tips[parts[0]], tips["step"], tips[parts[1]]], axis=1)
        style = line(sketch.theme.mark("step"), 1.4, "4px,4px")
        sketch.move("parallelogram", "polyline", style, x=corners[..., 0], y=corners[..., 1])
    for role in [*parts, *(["step"] if "step" in roles else [])]:
        sketch.arrow(role, role, look.STEP if role == "step" else look.ARROW, at, tips[role])
    for role, place in _places(at, tips, unit, sketch.theme.size / 14).items():
        sketch.label(role, role, place, "middle center")


def _places(at: np.ndarray, tips: dict[str, np.ndarray], unit: np.ndarray, room: float) -> dict[str, np.ndarray]:
    """Return where the names stand: beyond the tips, moved up or down where they would cover an earlier one."""
    placed: dict[str, np.ndarray] = {}
    halves: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for role in sorted(tips, key=lambda role: role != "step"):
            vector = (tips[role] - at) / unit
            length = np.linalg.norm(vector, axis=-1, keepdims=True)
            half = np.array([LETTER * len(role) / 2 + 6, 12]) * room
            away = vector / length
            edge = np.minimum(half[0] / np.abs(away[:, :1]), (half[1] + 4) / np.abs(away[:, 1:]))
            place = tips[role] / unit + away * (edge + 4)
            place[~(length[:, 0] >= SHORTEST)] = np.nan
            for other, there in placed.items():
                gap = place - there
                need = halves[other] + half
                over = (np.abs(gap) < need).all(axis=-1)
                push = np.where(gap[:, 1] >= 0, 1, -1) * (need[1] - np.abs(gap[:, 1]))
                place[:, 1] += np.where(over, push, 0)
            placed[role], halves[role] = place, half
    return {role: place * unit for role, place in placed.items()}
