# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "cma==4.5.0",
#     "deap==1.4.4",
#     "mealpy==3.0.2",
#     "numpy>=2.3",
#     "pandas>=3.0",
#     "pygad==3.9.2",
#     "pymoo==0.6.2",
#     "pyswarms==1.3.0",
#     "scikit-opt==0.6.6",
#     "scipy>=1.16",
# ]
# ///
"""How fast populations are recorded, and how good their best is at equal evaluations, beside other packages.

    uv run tests/benchmarks/populations.py [--speed] [--quality] [--seeds 100]

Speed: ours and each peer take turns in one process, on CPU time, and everyone keeps the population of every iteration;
what counts are the ratios. pymoo and SciPy ask for a whole population's values in one call.
Quality: the best value after so many evaluations, its quartiles over the seeds. A peer's settings are its own defaults
unless the row names others, and evaluations beyond the budget are not looked at. Exits with 1 where a requirement is
missed.
"""

import argparse
import io
import multiprocessing
import os
import platform
import random
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
from recording import generations, pymoo_generations, pyswarms_swarm, race, report, swarm

from algorithms import LANDSCAPES, OPTIMIZERS, Run, record

LOW, HIGH, D = -5.12, 5.12, 10  # the box of both landscapes
DEFERRED = {"population": 50, "F": 0.5, "CR": 0.7, "strategy": "rand/1/bin", "updating": "deferred"}
HAS_DE = "differential_evolution" in OPTIMIZERS
SWARM, GENERATIONS = 3000, 5050  # evaluations: 30 × 100, and 50 × 101


def main() -> int:
    options = argparse.ArgumentParser(description="Speed and quality of populations, beside other packages.")
    options.add_argument("--speed", action="store_true", help="only the times")
    options.add_argument("--quality", action="store_true", help="only the best values")
    options.add_argument("--seeds", type=int, default=100, help="for the best values (default 100)")
    asked = options.parse_args()
    both = asked.speed == asked.quality
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores\n")
    fine = [speed()] if asked.speed or both else []
    fine += [quality(range(asked.seeds))] if asked.quality or both else []
    return 0 if all(fine) else 1


def speed() -> bool:
    """Print who takes how long; tell whether every requirement holds."""
    print(f"{'work':<38}{'peer':<24}{'ours ms':>9}{'peer ms':>9}{'ratio':>8}   required")
    swarming, breeding = "swarm 30 × 10-D × 100 iterations", "genetic 50 × 10-D × 100 generations"
    works = [
        (swarming, "pyswarms", swarm, pyswarms_swarm(silent=False), 25, 3),
        (swarming, "pyswarms, silenced", swarm, pyswarms_swarm(silent=True), 25, None),
        (breeding, "pymoo + callback", generations, pymoo_generations(), 15, 40),
        (breeding, "pygad, its own history", generations, pygad_generations(own=True), 15, 20),
        (breeding, "pygad + callback", generations, pygad_generations(own=False), 15, None),
    ]
    if HAS_DE:
        work = "deferred DE 50 × 10-D × 100"
        works.append((work, "SciPy + callback", deferred, scipy_generations, 10, 10))
    fine = []
    for work, peer, ours, theirs, rounds, at_least in works:
        times = race(ours, theirs, rounds)
        fine.append(report(work, peer, *times, at_least=at_least))
    return all(fine)


def pygad_generations(own: bool) -> Callable:
    import pygad

    value = LANDSCAPES["sphere"].make(dimension=D).value

    def work() -> object:
        kept = []

        def keep(ga: "pygad.GA") -> None:
            kept.append((ga.population.copy(), np.array(ga.last_generation_fitness)))

        def fitness(ga: "pygad.GA", x: object, which: object) -> np.ndarray:
            return -value(np.asarray(x))

        history = {"save_solutions": True} if own else {"on_generation": keep}
        ga = pygad.GA(fitness_func=fitness, **PYGAD | history)
        ga.run()
        assert len(ga.solutions) == 101 * 50 if own else len(kept) == 100
        return ga, kept

    return work


PYGAD = {
    "num_generations": 100, "sol_per_pop": 50, "num_parents_mating": 25, "num_genes": D, "suppress_warnings": True,
    "init_range_low": LOW, "init_range_high": HIGH, "gene_space": {"low": LOW, "high": HIGH},
}  # fmt: skip


def deferred() -> object:
    trace = record(Run("differential_evolution", "sphere", DEFERRED, {"dimension": D}, steps=100))
    assert trace.x.shape == (101, 50, D)
    return trace


def scipy_generations() -> object:
    from scipy.optimize import OptimizeResult

    kept = []

    def keep(intermediate_result: OptimizeResult) -> None:
        kept.append((intermediate_result.population.copy(), intermediate_result.population_energies.copy()))

    scipy_evolution(LANDSCAPES["sphere"].make(dimension=D).value, 0, "rand1bin", keep)
    assert np.shape(kept[-1][0]) == (50, D)
    assert len(kept) == 100
    return kept


class Objective:
    """A landscape's value for points (d,) or (n, d) that keeps the best of the first `budget` evaluations."""

    def __init__(self, landscape: str, budget: int) -> None:
        self.value, self.left, self.best = LANDSCAPES[landscape].make(dimension=D).value, budget, np.inf

    def __call__(self, x: object) -> np.ndarray:
        x = np.asarray(x, float)
        f = self.value(x)
        looked_at = np.ravel(f)[: max(self.left, 0)]
        if looked_at.size:
            self.best = min(self.best, float(looked_at.min()))
        self.left -= x.size // D
        return f


Search = Callable[[Objective, int], object]  # what spends an objective's budget, from a seed


def quality(seeds: range) -> bool:
    """Print the best values; tell whether every requirement holds."""
    fine = []
    for title, landscape, budget, at_most, ours, peers in tables():
        print(f"\n{title}, {len(seeds)} seeds\n{'':<48}{'lower':>10}{'median':>10}{'upper':>10}")
        for name, (id, knobs, steps) in ours.items():
            runs = [Run(id, landscape, knobs, {"dimension": D}, steps=steps, seed=seed) for seed in seeds]
            traces = [record(run) for run in runs]
            assert max(trace.evaluations["values"][-1] for trace in traces) <= budget
            required = at_most if name.endswith("recommended") else None
            fine.append(row(f"ours, {name}", [trace.best_fx[-1] for trace in traces], required))
        for name, search in peers.items():
            row(name, [spent(search, landscape, budget, seed) for seed in seeds])
    return all(fine)


def row(name: str, best: list[float], at_most: float | None = None) -> bool:
    """Print the quartiles of the best values; tell whether their median is low enough."""
    quartiles = np.quantile(best, [0.25, 0.5, 0.75])
    fine = at_most is None or quartiles[1] <= at_most
    verdict = "" if at_most is None else f"   ≤ {at_most:g}  {'ok' if fine else 'MISSED'}"
    print(f"{name:<48}{''.join(f'{value:>10.3g}' for value in quartiles)}{verdict}", flush=True)
    return fine


def spent(search: Search, landscape: str, budget: int, seed: int) -> float:
    """The best value that a peer finds with a budget."""
    objective = Objective(landscape, budget)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # several peers draw from these
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search(objective, seed)
    assert objective.left <= 0.02 * budget or objective.best == 0, f"{objective.left} evaluations are left"
    return objective.best


def tables() -> list[tuple]:
    """A title, landscape, budget and requirement; our runs; what the peers do."""
    swarms = {name: ("particle_swarm", values, 99) for name, values in OPTIMIZERS["particle_swarm"].presets.items()}
    swarms["w 0.73, c 1.5"] = ("particle_swarm", {"w": 0.73, "c1": 1.5, "c2": 1.5}, 99)
    breeds = {
        name: ("genetic_algorithm", knobs, 100) for name, knobs in OPTIMIZERS["genetic_algorithm"].presets.items()
    }
    result = [
        ("Swarm, 10-D Rastrigin, 3,000 evaluations", "rastrigin", SWARM, 11.5, swarms, SWARMS),
        ("Genetic algorithm, 10-D sphere, 5,050 evaluations", "sphere", GENERATIONS, 2e-4, breeds, BREEDS),
    ]
    if HAS_DE:
        entry = OPTIMIZERS["differential_evolution"]
        ours = {name: (entry.id, values, 100) for name, values in entry.presets.items()}
        ours["deferred rand/1/bin"] = (entry.id, DEFERRED, 100)
        title = "Differential evolution, 10-D sphere, 5,050 evaluations"
        result.append((title, "sphere", GENERATIONS, 1e-5, ours, DIFFERENCES))
    return result


def pyswarms_best(w: float, c1: float, c2: float) -> Search:
    def search(f: Objective, seed: int) -> object:
        import pyswarms

        bounds = (np.full(D, LOW), np.full(D, HIGH))
        return pyswarms.single.GlobalBestPSO(30, D, {"w": w, "c1": c1, "c2": c2}, bounds).optimize(
            f, 100, verbose=False
        )

    return search


def mealpy_search(module: str, name: str, epoch: int, pop_size: int, **knobs: float) -> Search:
    def search(f: Objective, seed: int) -> object:
        import mealpy

        problem = {
            "obj_func": lambda x: float(f(x)),
            "bounds": mealpy.FloatVar(lb=[LOW] * D, ub=[HIGH] * D),
            "minmax": "min",
            "log_to": None,
        }
        return getattr(getattr(mealpy, module), name)(epoch=epoch, pop_size=pop_size, **knobs).solve(problem, seed=seed)

    return search


def scikit_opt_swarm(f: Objective, seed: int) -> object:
    multiprocessing.set_start_method(None, force=True)  # it sets this itself, and would find it set by another peer
    from sko.PSO import PSO

    return PSO(func=lambda x: float(f(x)), n_dim=D, pop=30, max_iter=100, lb=[LOW] * D, ub=[HIGH] * D).run()


def scikit_opt_genes(f: Objective, seed: int) -> object:
    multiprocessing.set_start_method(None, force=True)
    from sko.GA import RCGA

    return RCGA(func=lambda x: float(f(x)), n_dim=D, size_pop=50, max_iter=101, lb=[LOW] * D, ub=[HIGH] * D).run()


def pymoo_search(make: Callable[[], object], number: int) -> Search:
    def search(f: Objective, seed: int) -> object:
        from pymoo.core.problem import Problem
        from pymoo.optimize import minimize

        class Boxed(Problem):
            def __init__(self) -> None:
                super().__init__(n_var=D, n_obj=1, xl=LOW, xu=HIGH)

            def _evaluate(self, x: np.ndarray, out: dict, *args: object, **kwargs: object) -> None:
                out["F"] = f(x)[:, None]

        return minimize(Boxed(), make(), ("n_eval", number), seed=seed, verbose=False)

    return search


def pymoo_swarm() -> object:
    from pymoo.algorithms.soo.nonconvex.pso import PSO

    return PSO(pop_size=30)


def pymoo_genes() -> object:
    from pymoo.algorithms.soo.nonconvex.ga import GA

    return GA(pop_size=50)


def pymoo_differences(variant: str, **knobs: float) -> Callable[[], object]:
    def make() -> object:
        from pymoo.algorithms.soo.nonconvex.de import DE

        return DE(pop_size=50, variant=variant, **knobs)

    return make


def cma_search(f: Objective, seed: int) -> object:
    import cma

    start = np.random.default_rng(seed).uniform(LOW, HIGH, D)
    settings = {"bounds": [LOW, HIGH], "seed": seed + 1, "verbose": -9}
    while f.left > 0:  # it stops where it has converged, and starts anew
        cma.fmin2(lambda x: float(f(x)), start, 0.3 * (HIGH - LOW), settings | {"maxfevals": f.left})
        start = np.random.default_rng([seed, f.left + 10**6]).uniform(LOW, HIGH, D)
    return f.best


def scipy_annealing(f: Objective, seed: int) -> object:
    from scipy.optimize import dual_annealing

    return dual_annealing(lambda x: float(f(x)), [(LOW, HIGH)] * D, maxfun=SWARM, maxiter=SWARM, rng=seed)


def pygad_search(f: Objective, seed: int) -> object:
    import pygad

    def fitness(ga: object, x: object, which: object) -> np.ndarray:
        return -f(x)

    return pygad.GA(fitness_func=fitness, random_seed=seed, **PYGAD | {"num_generations": 105}).run()


def deap_genes(f: Objective, seed: int) -> object:
    from deap import algorithms, base, creator, tools

    if not hasattr(creator, "Member"):
        creator.create("Least", base.Fitness, weights=(-1.0,))
        creator.create("Member", list, fitness=creator.Least)
    box = base.Toolbox()
    box.register("gene", random.uniform, LOW, HIGH)
    box.register("member", tools.initRepeat, creator.Member, box.gene, D)
    box.register("evaluate", lambda x: (float(f(x)),))
    box.register("mate", tools.cxBlend, alpha=0.5)
    box.register("mutate", tools.mutGaussian, mu=0, sigma=0.1 * (HIGH - LOW), indpb=0.05)
    box.register("select", tools.selTournament, tournsize=3)
    members = tools.initRepeat(list, box.member, 50)
    while f.left > 0:  # it evaluates only those that were crossed or mutated
        members, _ = algorithms.eaSimple(members, box, cxpb=0.9, mutpb=0.4, ngen=1, verbose=False)
    return members


def scipy_evolution(f: Callable, seed: int, strategy: str, callback: Callable | None = None) -> object:
    from scipy.optimize import differential_evolution

    start = np.random.default_rng(seed).uniform(LOW, HIGH, (50, D))
    return differential_evolution(
        lambda x: f(x.T), [(LOW, HIGH)] * D, strategy=strategy, init=start, maxiter=100, mutation=0.5, tol=0,
        rng=seed, polish=False, updating="deferred", vectorized=True, callback=callback,
    )  # fmt: skip


def scipy_immediate(f: Objective, seed: int) -> object:
    from scipy.optimize import differential_evolution

    start = np.random.default_rng(seed).uniform(LOW, HIGH, (50, D))
    box = [(LOW, HIGH)] * D
    return differential_evolution(lambda x: float(f(x)), box, init=start, maxiter=100, rng=seed, tol=0, polish=False)


OTHERS: dict[str, Search] = {"cma, restarted": cma_search}
SWARMS: dict[str, Search] = {
    "pyswarms, its example's w 0.9, c 0.5 and 0.3": pyswarms_best(0.9, 0.5, 0.3),
    "pyswarms, w 0.73, c 1.5": pyswarms_best(0.73, 1.5, 1.5),
    "mealpy OriginalPSO": mealpy_search("PSO", "OriginalPSO", 99, 30),
    "scikit-opt PSO": scikit_opt_swarm,
    "pymoo PSO": pymoo_search(pymoo_swarm, SWARM),
    "SciPy dual_annealing": scipy_annealing,
} | OTHERS
BREEDS: dict[str, Search] = {
    "pymoo GA": pymoo_search(pymoo_genes, GENERATIONS),
    "pygad": pygad_search,
    "mealpy BaseGA": mealpy_search("GA", "BaseGA", 101, 50),
    "scikit-opt RCGA": scikit_opt_genes,
    "DEAP, blend, Gaussian 0.1, tournament of 3": deap_genes,
} | OTHERS
DIFFERENCES: dict[str, Search] = {
    "SciPy, its defaults, immediate best1bin": scipy_immediate,
    "SciPy, deferred rand1bin, F 0.5, CR 0.7": lambda f, seed: scipy_evolution(f, seed, "rand1bin"),
    "SciPy, deferred best1bin, F 0.5, CR 0.7": lambda f, seed: scipy_evolution(f, seed, "best1bin"),
    "pymoo DE": pymoo_search(lambda: pymoo_differences("DE/best/1/bin")(), GENERATIONS),
    "mealpy OriginalDE": mealpy_search("DE", "OriginalDE", 100, 50),
} | OTHERS

if __name__ == "__main__":
    sys.exit(main())
