# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.3",
#     "pandas>=3.0",
#     "scipy>=1.16",
# ]
# ///
"""How fast a grid of starts ends in its basins, beside bare loops, and how fast all learning rates are tried.

    uv run --script tests/benchmarks/basins.py

40,000 starts × 100 steps. The bare loop has the same expressions in the same layout; it stops by the same rule, but
looks for small steps at every tenth step only, so it is not exact, and it knows no divergence. The loop over starts is
what one writes without arrays, in plain floats; a hundredth of the starts is timed. Ours and each peer take turns in
one process, on CPU time; the times are the fastest of all rounds. Exits with 1 where a requirement is missed.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from math import sqrt
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from algorithms import LANDSCAPES, Run, basins, step_sizes

ROUNDS, STEPS, SIDE, TOLERANCE = 25, 100, 200, 1e-6
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
RATES = {
    ("gradient_descent", "rosenbrock"): 0.0015,
    ("gradient_descent", "himmelblau"): 0.01,
    ("adam", "rosenbrock"): 0.05,
    ("adam", "himmelblau"): 0.1,
}
MOST = {"gradient_descent": 60, "adam": 150}  # milliseconds


def main() -> int:
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, {ROUNDS} rounds\n")
    print(f"{'work':<34}{'peer':<22}{'ours ms':>9}{'peer ms':>10}{'ratio':>8}   required")
    fine = []
    for (optimizer, landscape), rate in RATES.items():
        work = f"{optimizer}, {landscape}"
        ours = lambda o=optimizer, l=landscape, r=rate: basins(Run(o, l, {"learning_rate": r}, steps=STEPS), SIDE)  # noqa: E731, E741
        bare = bare_loop(optimizer, landscape, rate)
        ours_ms, bare_ms = race(ours, bare)
        fine.append(report(work, "bare loop", ours_ms, bare_ms, ours_ms / bare_ms <= 1.5, "≤ 1.5 × its time"))
        fine.append(report(work, "", ours_ms, None, ours_ms <= MOST[optimizer], f"≤ {MOST[optimizer]} ms"))
        floats = 100 * best(loop_over_starts(optimizer, landscape, rate), 3)
        report(work, "loop over starts", ours_ms, floats, True, "none")
    run = Run.suggested("gradient_descent", "bowl", steps=200)
    rates = best(lambda: step_sizes(run), ROUNDS)
    fine.append(report("201 learning rates × 200 steps", "", rates, None, rates <= 100, "≤ 100 ms"))
    return 0 if all(fine) else 1


def best(work: Callable, rounds: int) -> float:
    """The fewest milliseconds of CPU that work took, after one run to warm up."""
    work()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    return min(times)


def race(one: Callable, other: Callable) -> tuple[float, float]:
    """The fewest milliseconds of CPU of both, taking turns."""
    one(), other()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, spent in zip((one, other), times, strict=True):
            began = time.process_time()
            work()
            spent.append(1000 * (time.process_time() - began))
    return min(times[0]), min(times[1])


def report(work: str, peer: str, ours: float, theirs: float | None, fine: bool, required: str) -> bool:
    """Print one line; a ratio below 1 says how many times faster ours is."""
    shown, ratio = (f"{theirs:>10.2f}", f"{ours / theirs:>8.3f}") if theirs else (f"{'':>10}", f"{'':>8}")
    verdict = "" if required == "none" else "ok" if fine else "MISSED"
    print(f"{work:<34}{peer:<22}{ours:>9.2f}{shown}{ratio}   {required}  {verdict}")
    return fine


def bare_loop(optimizer: str, landscape: str, rate: float) -> Callable:
    """The same expressions on all starts at once, each frozen where a small step is seen at every tenth step."""
    ground = LANDSCAPES[landscape].make()
    lines = (np.linspace(ground.low[i], ground.high[i], SIDE) for i in (0, 1))
    grid = np.array(np.meshgrid(*lines)).reshape(2, -1)

    def work() -> object:
        with np.errstate(all="ignore"):
            x, final, live = grid.T, grid.copy().T, np.ones(SIDE**2, bool)
            m = v = np.zeros_like(x)
            for k in range(1, STEPS + 1):
                g = ground.gradient(x)
                if optimizer == "adam":
                    m = BETA1 * m + (1 - BETA1) * g
                    v = BETA2 * v + (1 - BETA2) * g**2
                    m_hat = m / (1 - BETA1**k)
                    v_hat = v / (1 - BETA2**k)
                    y = x - rate * m_hat / (np.sqrt(v_hat) + EPSILON)
                else:
                    y = x - rate * g
                if k % 10 == 0:
                    rows = live & (abs(y - x) <= TOLERANCE).all(axis=1)
                    final[rows] = x[rows]
                    live &= ~rows
                x = y
            final[live] = x[live]
            return final, ground.value(final)

    return work


def loop_over_starts(optimizer: str, landscape: str, rate: float) -> Callable:
    """A loop in plain floats over one start in a hundred."""
    slope = {
        "rosenbrock": lambda x, y: (-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
        "himmelblau": lambda x, y: (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        ),
    }[landscape]
    ground = LANDSCAPES[landscape].make()
    lines = [np.linspace(ground.low[i], ground.high[i], SIDE).tolist()[5::10] for i in (0, 1)]

    def step(state: list, k: int) -> tuple[float, float]:
        g = slope(state[0], state[1])
        if optimizer != "adam":
            return rate * g[0], rate * g[1]
        by = []
        for i in (0, 1):
            state[2 + i] = BETA1 * state[2 + i] + (1 - BETA1) * g[i]
            state[4 + i] = BETA2 * state[4 + i] + (1 - BETA2) * g[i] ** 2
            by.append(rate * state[2 + i] / (1 - BETA1**k) / (sqrt(state[4 + i] / (1 - BETA2**k)) + EPSILON))
        return by[0], by[1]

    def work() -> object:
        ends = []
        for y in lines[1]:
            for x in lines[0]:
                state = [x, y, 0.0, 0.0, 0.0, 0.0]
                for k in range(1, STEPS + 1):
                    a, b = step(state, k)
                    if (abs(a) <= TOLERANCE and abs(b) <= TOLERANCE) or not abs(state[0]) + abs(state[1]) < 1e6:
                        break
                    state[0], state[1] = state[0] - a, state[1] - b
                ends.append((state[0], state[1]))
        return ends

    return work


if __name__ == "__main__":
    sys.exit(main())
