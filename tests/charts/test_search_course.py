"""The sentence on a search by chance: it is true of the run it is said of."""

import re

import numpy as np

from algorithms import Run, record
from dashboard.charts.course import course
from dashboard.charts.outcomes import WORSE, outcomes, ratio
from dashboard.charts.spread import collapse
from dashboard.charts.words import title


def run(optimizer, landscape="rastrigin", steps=100, ground=(), **knobs):
    return record(Run.suggested(optimizer, landscape, knobs=knobs, landscape_knobs=dict(ground), steps=steps))


def test_a_swarm_with_too_much_inertia_explodes_or_never_gathers():
    free = course(run("particle_swarm", w=1.1, walls=False))
    assert free.kind == "exploding"
    assert free.words.startswith("Explodes: the swarm grows from ")
    walled = course(run("particle_swarm", w=1.1))
    assert walled.kind == "wide"
    assert "13.79 at last" in walled.words


def test_a_swarm_with_too_little_inertia_collapses_early():
    trace = run("particle_swarm", w=0.1)
    assert course(trace).kind == "collapsed"
    since = f"within 1 % of the width from step {collapse(trace)} on."
    assert course(trace).words == f"Collapses by a local minimum: {since}"
    bowl = run("particle_swarm", "bowl", 60, {"condition": 100}, w=0.1)
    away = np.linalg.norm(bowl.best_x[-1] - [1, 0.5])
    assert course(bowl).words.startswith(f"Collapses {away:.4g} from the minimum: ")
    assert title(bowl)[0] == f"The swarm collapses {away:.4g} from the minimum"


def test_a_swarm_that_gathers_at_the_minimum_does_not_collapse_too_early():
    trace = run("particle_swarm")
    assert course(trace).kind == "gathered"
    assert course(trace).words.endswith(
        f"at the minimum: all particles within 1 % of the width from step {collapse(trace)} on."
    )


def test_annealing_freezes_stays_hot_or_cools():
    cold = run("simulated_annealing", steps=500, cooling_rate=0.5)
    worse = int((ratio(cold) > 0).sum())
    assert course(cold).words == f"Cold from the start: none of {worse} worse moves is taken."
    hot = course(run("simulated_annealing", steps=500, cooling_rate=1.0))
    assert hot.kind == "hot"
    early, late = map(int, re.findall(r"(\d+) %", hot.words))
    assert late >= 0.5 * early
    tours = run("simulated_annealing", "random_cities", 3000)
    assert course(tours).kind == "cooling"
    assert course(tours).words.endswith(" 0 % in the last.")
    early_end = run("simulated_annealing", steps=500)
    last = int(np.flatnonzero(outcomes(early_end)[WORSE])[-1])
    after = int((ratio(early_end)[last + 1 :] > 0).sum())
    assert course(early_end).words == f"Freezes early: after step {last} none of {after} worse moves is taken."


def test_of_other_searches_nothing_is_said():
    assert course(run("random_search")).words == ""
    assert course(run("ant_colony", "random_cities", 20)).words == ""
