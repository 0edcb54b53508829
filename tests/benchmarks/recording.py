# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy>=2.3",
#     "pandas>=3.0",
#     "pip",
#     "pymoo==0.6.2",
#     "pyswarms==1.3.0",
#     "scikit-opt==0.6.6",
#     "scipy>=1.16",
#     "torch==2.13.0; sys_platform != 'linux' or platform_machine != 'x86_64'",
# ]
# ///
"""How fast runs are recorded with their whole history, beside pyswarms, scikit-opt, pymoo, torch and a bare loop.

    uv run --script tests/benchmarks/recording.py

Ours and each peer take turns in one process, on CPU time; what counts are the ratios. pyswarms is run as it comes,
which draws a progress bar, and silenced; scikit-opt's ants keep no history but each iteration's best tour, and pymoo's
members are kept by a callback. The times are the fastest of all rounds: on a shared machine others only add.
On 64-bit Linux torch usually brings 3 GB of CUDA along, so there it is not declared but fetched once by pip, from
wherever pip is told to look, into the folder for temporary files; without it that row is not measured. Exits with 1
where a requirement is missed.
"""

import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.chdir(tempfile.mkdtemp())  # pyswarms writes report.log wherever it is

from algorithms import LANDSCAPES, Run, record  # noqa: E402

TORCH = "torch==2.13.0"
ROUNDS = 25
FIRST_ORDER_ROUNDS = 60  # short works: more rounds for the same time


def main() -> int:
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, {ROUNDS} rounds\n")
    print(f"{'work':<38}{'peer':<24}{'ours ms':>9}{'peer ms':>9}{'ratio':>8}   required")
    ours, theirs = race(swarm, pyswarms_swarm(silent=False))
    fine = [report("swarm 30 × 10-D × 100 iterations", "pyswarms", ours, theirs, at_least=2.5)]
    ours, theirs = race(swarm, pyswarms_swarm(silent=True))
    report("swarm 30 × 10-D × 100 iterations", "pyswarms, silenced", ours, theirs)
    ours, theirs = race(colony, scikit_opt_colony(), rounds=2)
    fine += [report("30 ants × 51 cities × 100 iterations", "scikit-opt", ours, theirs, at_least=25)]
    fine += [report_time("10 ants × 5 cities × 60 iterations", small_colony, at_most=60)]
    ours, theirs = race(generations, pymoo_generations())
    fine += [report("genetic 50 × 10-D × 100 generations", "pymoo", ours, theirs, at_least=40)]
    for name, loop in LOOPS.items():
        ours, theirs = race(first_order(name), loop, FIRST_ORDER_ROUNDS)
        fine += [report(f"{name} × 1,000 steps in 2-D", "bare NumPy loop", ours, theirs, at_most=1.5)]
    if have_torch():
        for name in LOOPS:
            ours, theirs = race(first_order(name), torch_loop(name), rounds=5)
            fine += [report(f"{name} × 1,000 steps in 2-D", "torch.optim + autograd", ours, theirs, at_least=20)]
    else:
        print(f"{'first order × 1,000 steps in 2-D':<38}torch is not here and could not be fetched: not measured")
        fine += [False]
    return 0 if all(fine) else 1


def race(one: Callable, other: Callable, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """CPU seconds of both, taking turns, after one run of each to warm up."""
    one(), other()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, spent in zip((one, other), times, strict=True):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
    return times


def report(work: str, peer: str, ours: list[float], theirs: list[float], at_least=None, at_most=None) -> bool:
    """Print one line: how many times faster than the peer, or how many times its time."""
    ratio = min(ours) / min(theirs) if at_most else min(theirs) / min(ours)
    fine = ratio <= at_most if at_most else ratio >= (at_least or 0)
    required = f"≤ {at_most} × its time" if at_most else f"≥ {at_least} × faster" if at_least else "none"
    verdict = ("ok" if fine else "MISSED") if at_least or at_most else ""
    mine, other = 1000 * min(ours), 1000 * min(theirs)
    print(f"{work:<38}{peer:<24}{mine:>9.2f}{other:>9.2f}{ratio:>8.2f}   {required}  {verdict}")
    return fine


def report_time(work: str, ours: Callable, at_most: float) -> bool:
    """Print one line: the milliseconds of CPU that our work takes, without a peer."""
    ours()
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        ours()
        times.append(1000 * (time.process_time() - began))
    fine = min(times) <= at_most
    verdict = "ok" if fine else "MISSED"
    print(f"{work:<38}{'':<24}{min(times):>9.2f}{'':>9}{'':>8}   ≤ {at_most} ms  {verdict}")
    return fine


def swarm() -> object:
    run = Run("particle_swarm", "rastrigin", landscape_knobs={"dimension": 10}, steps=100)
    trace = record(run)
    assert trace.x.shape == (101, 30, 10)
    return trace


def pyswarms_swarm(silent: bool) -> Callable:
    import contextlib
    import io

    import pyswarms

    value = LANDSCAPES["rastrigin"].make(dimension=10).value
    bounds = (np.full(10, -5.12), np.full(10, 5.12))

    def work() -> object:
        with contextlib.redirect_stderr(io.StringIO()):
            peer = pyswarms.single.GlobalBestPSO(30, 10, {"w": 0.5, "c1": 1.0, "c2": 1.5}, bounds)
            peer.optimize(value, iters=100, verbose=not silent)
        assert len(peer.pos_history) == 100
        return peer

    return work


CITIES = {"number": 51}


def colony() -> object:
    trace = record(Run("ant_colony", "random_cities", {"ants": 30}, CITIES, steps=100))
    assert trace.x.shape == (101, 30, 51)
    assert trace.pheromone.shape == (101, 51, 51)
    return trace


def small_colony() -> object:
    trace = record(Run("ant_colony", "five_cities", steps=60))
    assert trace.best_fx[-1] == 13
    return trace


def scikit_opt_colony() -> Callable:
    import multiprocessing

    vars(np).setdefault("int", int)  # scikit-opt 0.6.6 was written for NumPy below 1.24
    multiprocessing.set_start_method(None, force=True)  # it sets this itself, and would find it set by another peer
    from sko.ACA import ACA_TSP

    landscape = LANDSCAPES["random_cities"].make(**CITIES)
    knobs = {"alpha": 1, "beta": 5, "rho": 0.1}

    def work() -> object:
        peer = ACA_TSP(landscape.value, 51, size_pop=30, max_iter=100, distance_matrix=landscape.distances, **knobs)
        peer.run()
        assert len(peer.generation_best_X) == 100
        return peer

    return work


def generations() -> object:
    trace = record(Run("genetic_algorithm", "sphere", {}, {"dimension": 10}, steps=100))
    assert trace.x.shape == trace.crossed.shape == (101, 50, 10)
    return trace


def pymoo_generations() -> Callable:
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.callback import Callback
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    value = LANDSCAPES["sphere"].make(dimension=10).value

    class Sphere(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=10, n_obj=1, xl=-5.12, xu=5.12)

        def _evaluate(self, x: np.ndarray, out: dict, *args: object, **kwargs: object) -> None:
            out["F"] = value(x)[:, None]  # the whole generation at once

    class Keep(Callback):
        def __init__(self) -> None:
            super().__init__()
            self.x, self.fx = [], []

        def notify(self, algorithm: GA) -> None:
            self.x.append(algorithm.pop.get("X"))
            self.fx.append(algorithm.pop.get("F"))

    def work() -> object:
        keep = Keep()
        minimize(Sphere(), GA(pop_size=50), ("n_gen", 101), callback=keep, seed=0, verbose=False)
        assert np.shape(keep.x) == (101, 50, 10)
        return keep

    return work


STEPS, START, RATE, BETA, RHO, BETA1, BETA2, DECAY = 1000, (-1.2, 1.0), 0.01, 0.9, 0.99, 0.9, 0.999, 0.01
PLAIN = 5e-4  # the rate of the methods that do not scale the gradient
MEANS = {"learning_rate": RATE, "beta1": BETA1, "beta2": BETA2, "epsilon": 1e-8}
KNOBS = {
    "gradient_descent": {"learning_rate": PLAIN},
    "momentum": {"learning_rate": PLAIN, "beta": BETA},
    "nesterov": {"learning_rate": PLAIN, "beta": BETA},
    "adagrad": {"learning_rate": RATE, "epsilon": 1e-10},
    "rmsprop": {"learning_rate": RATE, "rho": RHO, "epsilon": 1e-8},
    "adam": MEANS,
    "adamw": MEANS | {"weight_decay": DECAY},
}


def first_order(name: str) -> Callable:
    def work() -> object:
        trace = record(Run(name, "rosenbrock", KNOBS[name], start=START, steps=STEPS))
        assert len(trace) == STEPS + 1
        return trace

    same = record(Run(name, "rosenbrock", KNOBS[name], start=START, steps=STEPS)).x
    assert np.array_equal(LOOPS[name]()[0], same), "both take the same path"
    return work


# The same expressions as ours, each in the shortest loop that keeps its history.


def bare(fields: int) -> tuple:
    """The gradient, the value, the start, a zero, and an array for the path and for each field."""
    landscape = LANDSCAPES["rosenbrock"].make()
    x = np.array(START)
    path, *kept = np.zeros((fields + 1, STEPS + 1, 2))
    path[0] = x
    return landscape.gradient, landscape.value, x, np.zeros(2), path, *kept


def bare_gradient_descent() -> tuple:
    gradient, value, x, _, path = bare(0)
    for k in range(1, STEPS + 1):
        x = x - PLAIN * gradient(x)
        path[k] = x
    return path, value(path)


def bare_momentum() -> tuple:
    gradient, value, x, v, path, velocities = bare(1)
    for k in range(1, STEPS + 1):
        v = BETA * v + gradient(x)
        x = x - PLAIN * v
        path[k], velocities[k] = x, v
    return path, value(path), velocities


def bare_nesterov() -> tuple:
    gradient, value, x, v, path, velocities, looked = bare(2)
    for k in range(STEPS + 1):
        look_ahead = x - PLAIN * BETA * v
        path[k], velocities[k], looked[k] = x, v, look_ahead
        v = BETA * v + gradient(look_ahead)
        x = x - PLAIN * v
    return path, value(path), velocities, looked


def bare_adagrad() -> tuple:
    gradient, value, x, G, path, sums = bare(1)
    for k in range(1, STEPS + 1):
        g = gradient(x)
        G = G + g**2
        x = x - RATE * g / (np.sqrt(G) + 1e-10)
        path[k], sums[k] = x, G
    return path, value(path), sums


def bare_rmsprop() -> tuple:
    gradient, value, x, v, path, squares = bare(1)
    for k in range(1, STEPS + 1):
        g = gradient(x)
        v = RHO * v + (1 - RHO) * g**2
        x = x - RATE * g / (np.sqrt(v) + 1e-8)
        path[k], squares[k] = x, v
    return path, value(path), squares


def bare_adam(decay: float = 0.0) -> tuple:
    gradient, value, x, m, path, means, squares = bare(2)
    v = m
    for k in range(1, STEPS + 1):
        g = gradient(x)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g**2
        m_hat = m / (1 - BETA1**k)
        v_hat = v / (1 - BETA2**k)
        if decay:
            x = x - RATE * decay * x - RATE * m_hat / (np.sqrt(v_hat) + 1e-8)
        else:
            x = x - RATE * m_hat / (np.sqrt(v_hat) + 1e-8)
        path[k], means[k], squares[k] = x, m, v
    return path, value(path), means, squares


LOOPS: dict[str, Callable] = {
    "gradient_descent": bare_gradient_descent,
    "momentum": bare_momentum,
    "nesterov": bare_nesterov,
    "adagrad": bare_adagrad,
    "rmsprop": bare_rmsprop,
    "adam": bare_adam,
    "adamw": lambda: bare_adam(DECAY),
}


def torch_loop(name: str) -> Callable:
    import torch

    adam = {"lr": RATE, "betas": (BETA1, BETA2), "eps": 1e-8}
    make = {
        "gradient_descent": lambda p: torch.optim.SGD(p, lr=PLAIN),
        "momentum": lambda p: torch.optim.SGD(p, lr=PLAIN, momentum=BETA),
        "nesterov": lambda p: torch.optim.SGD(p, lr=PLAIN, momentum=BETA, nesterov=True),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr=RATE, eps=1e-10),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=RATE, alpha=RHO, eps=1e-8),
        "adam": lambda p: torch.optim.Adam(p, **adam),
        "adamw": lambda p: torch.optim.AdamW(p, weight_decay=DECAY, **adam),
    }[name]

    def work() -> list:
        x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = make([x])
        path, kept, values = [x.detach().clone()], [], []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
            loss.backward()
            optimizer.step()
            path.append(x.detach().clone())
            kept.append([each.clone() for each in optimizer.state[x].values() if torch.is_tensor(each)])
            values.append(loss.item())
        return path

    ours = record(Run(name, "rosenbrock", KNOBS[name], start=START, steps=STEPS))
    same = ours.look_ahead if name == "nesterov" else ours.x  # torch keeps where it looks from
    shown = 101 if name == "rmsprop" else STEPS + 1  # later it rattles, and rounding grows
    assert np.allclose(torch.stack(work()).numpy()[:shown], same[:shown], rtol=0, atol=1e-10), "both take the same path"
    return work


def have_torch() -> bool:
    """Whether torch is here, or could be fetched by pip, which may know a smaller build than uv."""
    folder = Path(tempfile.gettempdir()) / "optimization-lab-torch"
    sys.path.append(str(folder))
    if importlib.util.find_spec("torch"):
        return True
    print(f"fetching {TORCH} with pip …", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "--retries", "1"]
    done = subprocess.run([*pip, TORCH], check=False)
    importlib.invalidate_caches()
    return done.returncode == 0 and importlib.util.find_spec("torch") is not None


if __name__ == "__main__":
    sys.exit(main())
