# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "cma>=4",
#     "numpy>=2.3",
#     "pandas>=3.0",
#     "scipy>=1.16",
# ]
# ///
"""How many evaluations CMA-ES needs on an ellipsoid of condition a million, beside the package cma.

    uv run --script tests/benchmarks/cma_es.py

Ten coordinates, ten members, first step size 0.3 of the domain, axis-parallel and turned; both are run until f < 1e-8
from the same first centers, the package without its own walls, ours with and without. The medians of 31 seeds are
compared, since the counts of single seeds differ by a fifth. Exits with 1 where ours needs more than 1.2 × as many.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore", message="Could not import matplotlib")
import cma  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from algorithms import LANDSCAPES, Run, record  # noqa: E402

SEEDS, TARGET, MOST, SIGMA = 31, 1e-8, 1.2, 0.3
KNOBS = {"dimension": 10, "condition": 1e6}


def main() -> int:
    print(f"cma {cma.__version__}, NumPy {np.__version__}, medians of {SEEDS} seeds until f < {TARGET:g}\n")
    print(f"{'rotation':>8}{'walls':>8}{'ours':>8}{'cma':>8}{'ratio':>8}   required")
    fine = True
    for rotation in (0.0, 30.0):
        peer = median(lambda seed, rotation=rotation: theirs(rotation, seed))
        for walls in (True, False):
            own = median(lambda seed, rotation=rotation, walls=walls: ours(rotation, walls, seed))
            fine &= own <= MOST * peer
            print(f"{rotation:>8g}{'on' if walls else 'off':>8}{own:>8g}{peer:>8g}{own / peer:>8.2f}   ≤ {MOST}")
    return 0 if fine else 1


def median(count) -> float:
    return float(np.median([count(seed) for seed in range(SEEDS)]))


def center(seed: int) -> np.ndarray:
    return np.random.default_rng(1000 + seed).uniform(-5, 5, KNOBS["dimension"])


def ours(rotation: float, walls: bool, seed: int) -> float:
    places, knobs = KNOBS | {"rotation": rotation}, {"sigma": SIGMA, "walls": walls}
    trace = record(
        Run("evolution_strategy", "ellipsoid", knobs, places, start=tuple(center(seed)), steps=1000, seed=seed)
    )
    reached = np.flatnonzero(trace.best_fx < TARGET)
    return float(trace.evaluations["values"][reached[0]]) if len(reached) else np.inf


def theirs(rotation: float, seed: int) -> float:
    land = LANDSCAPES["ellipsoid"].make(**KNOBS, rotation=rotation)
    options = {"seed": seed + 1, "verbose": -9, "ftarget": TARGET, "popsize": 10}
    search = cma.CMAEvolutionStrategy(center(seed), SIGMA * float(land.high[0] - land.low[0]), options)
    search.optimize(lambda x: float(land.value(np.asarray(x))))
    return float(search.result.evaluations)


if __name__ == "__main__":
    sys.exit(main())
