"""What the lesson on tabu search and iterated local search claims, borne out by recorded runs."""

import numpy as np
import pytest
from lesson_runs import FEW, SEEDS, best, median, run

from algorithms import LANDSCAPES
from algorithms.moves import edges as numbered

FIRST = (-3.0, 3.0)  # the dimple that every run on Rastrigin starts in
STUCK = (2, 9, 1, 5, 7, 11, 6, 8, 10, 3, 0, 4)  # the tour at which 2-opt stops


def tabu(seed, dimension=2, **knobs):
    knobs = {"tenure": 20, "neighbors": 20, "aspiration": True, "step_size": 0.02, "move": "gaussian"} | knobs
    start = tuple(np.resize((-3.3, 2.7), dimension).tolist())
    return run("tabu_search", "rastrigin", start=start, steps=300, seed=seed, on={"dimension": dimension}, **knobs)


def dimples(trace):
    return {tuple(dimple) for dimple in (trace.x.round() + 0).tolist()}


def outside(trace):
    return (trace.x.round() != FIRST).any(axis=1)


def last(traces):
    return float(np.median([trace.fx[-1] for trace in traces]))


def test_to_be_allowed_uphill_is_not_enough():
    walks = [tabu(seed, tenure=0) for seed in SEEDS]
    up, down = walks[0].note == "uphill", walks[0].note == "descent"
    assert up.sum() == 148
    assert (down[1:-1] | down[2:])[up[:-2]].mean() == pytest.approx(0.9, abs=0.02)
    assert walks[0].x[-1].round().tolist() == list(FIRST)
    assert sum(not outside(walk)[-1] for walk in walks) == 22
    assert median(walks) == pytest.approx(17.9, abs=0.05)
    assert run("two_opt", "placed_cities", steps=300).fx[-1] == pytest.approx(330.1, abs=0.05)


def test_a_long_move_or_a_single_neighbor_needs_no_memory():
    assert median([tabu(seed, tenure=0, step_size=0.03) for seed in SEEDS]) < 0.1
    alone = [tabu(seed, tenure=0, neighbors=1) for seed in SEEDS]
    assert np.mean([(walk.note == "uphill").mean() for walk in alone]) == pytest.approx(0.5, abs=0.02)
    assert last(alone) > 30


def test_a_memory_of_places_leads_out_and_settles_nowhere():
    walks = [tabu(seed) for seed in SEEDS]
    assert (outside(walks[0]).argmax(), len(dimples(walks[0]))) == (18, 14)
    assert all(outside(walk).any() for walk in walks)
    assert max(outside(walk).argmax() for walk in walks) == 29
    assert min(len(dimples(walk)) for walk in walks) >= 9
    assert median(walks) == pytest.approx(0.11, abs=0.005)
    assert last(walks) == pytest.approx(8.35, abs=0.05)


def test_the_balls_must_fill_the_dimple():
    ball = np.pi * (0.5 * 0.02 * 10.24) ** 2
    assert ball == pytest.approx(0.033, abs=0.0005)
    assert np.pi * 0.5**2 == pytest.approx(0.8, abs=0.02)
    assert 20 * ball / 4 == pytest.approx(0.16, abs=0.005)
    assert all(dimples(tabu(seed, step_size=0.01)) == {FIRST} for seed in SEEDS)
    patient = [outside(tabu(seed, step_size=0.01, tenure=100)) for seed in SEEDS]
    assert all(out.any() for out in patient)
    assert (min(out.argmax() for out in patient), max(out.argmax() for out in patient)) == (56, 116)


def test_in_ten_coordinates_the_memory_does_nothing():
    for seed in SEEDS:
        with_memory, without = tabu(seed, 10, tenure=100), tabu(seed, 10, tenure=0)
        assert np.array_equal(with_memory.x, without.x)
        assert not with_memory.forbidden.any()
    assert median([tabu(seed, 10, tenure=0) for seed in SEEDS]) == pytest.approx(45.4, abs=0.05)
    bottom = LANDSCAPES["rastrigin"].make(dimension=10).value(np.resize([-2.985, 2.985], 10))
    assert bottom == pytest.approx(89.5, abs=0.1)
    assert 0.2 * np.sqrt(10) == pytest.approx(0.6, abs=0.05)
    assert tabu(0, tenure=100).forbidden.any()


def towns(seed, **knobs):
    knobs = {"neighbors": 100, "aspiration": True, "step_size": 1.0, "move": "two_opt"} | knobs
    return run("tabu_search", "placed_cities", start=STUCK, steps=100, seed=seed, **knobs)


def test_too_long_a_memory_shuts_the_search_in():
    shortest = LANDSCAPES["placed_cities"].make().optimum
    assert shortest == pytest.approx(295.9, abs=0.05)
    assert tuple(run("two_opt", "placed_cities", steps=300).x[-1].tolist()) == STUCK
    long = [towns(seed, tenure=100) for seed in SEEDS]
    blocked = [int((trace.note == "blocked").sum()) for trace in long]
    assert (min(blocked), max(blocked)) == (75, 80)
    assert (long[0].note[25:] == "blocked").all()
    assert long[0].note[24] != "blocked"
    assert long[0].fx[-1] == pytest.approx(632, abs=0.5)
    assert (best(long) < shortest + 1e-6).sum() == 26
    short = [towns(seed, tenure=3) for seed in SEEDS]
    assert best(short) == pytest.approx(shortest)
    assert not any((trace.note == "blocked").any() for trace in short)


def test_aspiration_matters_where_much_is_forbidden():
    shortest = LANDSCAPES["placed_cities"].make().optimum
    found = {
        aspiration: (best([towns(seed, tenure=20, aspiration=aspiration) for seed in SEEDS]) < shortest + 1e-6).sum()
        for aspiration in (True, False)
    }
    assert found == {True: 26, False: 0}


def kicks(seed, size, acceptance="better", dimension=2):
    return run(
        "iterated_local_search",
        "rastrigin",
        start=tuple(np.resize((-3.3, 2.7), dimension).tolist()),
        steps=30,
        seed=seed,
        on={"dimension": dimension},
        perturbation_size=size,
        local_steps=100,
        rounds=1000,
        acceptance=acceptance,
        step_size=0.02,
        move="gaussian",
    )


def falls_back(trace):
    return int((trace.x[1:-1].round() == trace.trial[2:].round()).all(axis=-1).sum())


def test_too_small_a_kick_falls_back():
    small, good = ([kicks(seed, size) for seed in SEEDS] for size in (0.01, 0.07))
    assert sum(map(falls_back, small)) == 867
    assert min(map(falls_back, small)) == 28
    assert median(small) == pytest.approx(17.9, abs=0.05)
    assert sum(map(falls_back, good)) / 870 == pytest.approx(0.25, abs=0.03)
    assert median(good) == pytest.approx(0.001, abs=0.0002)
    assert good[0].evaluations.values[-1] == 3030
    blind = [run("random_search", "rastrigin", start=(-3.3, 2.7), steps=3030, seed=seed) for seed in SEEDS]
    assert median(blind) == pytest.approx(1.09, abs=0.01)
    assert median([kicks(seed, 0.01, "restart") for seed in SEEDS]) == pytest.approx(8, abs=0.1)


def test_too_large_a_kick_is_random_restart():
    large = [kicks(seed, 1.0) for seed in SEEDS]
    assert (large[0].best_fx[-1], median(large)) == pytest.approx((1.0006, 0.996), abs=0.0005)
    assert sum(map(falls_back, large)) < 10
    anywhere = [kicks(seed, 1.0, "always") for seed in SEEDS]
    for each in (large, anywhere):
        assert np.median(np.concatenate([trace.trial_fx[2:] for trace in each])) == pytest.approx(16.9, abs=0.05)


def test_taking_every_minimum_is_a_walk():
    walks = [kicks(seed, 0.07, "always") for seed in SEEDS]
    assert median(walks) == pytest.approx(3.98, abs=0.01)
    assert last(walks) == pytest.approx(9.95, abs=0.05)


def test_in_ten_coordinates_kicks_stop_far_from_the_minimum():
    medians = [median([kicks(seed, size, dimension=10) for seed in SEEDS]) for size in (0.05, 0.07, 0.1)]
    assert min(medians) > 24
    assert medians[0] == pytest.approx(25, abs=0.1)


def forty(seed, steps, start=None):
    return run(
        "iterated_local_search",
        "random_cities",
        start=start,
        steps=steps,
        seed=seed,
        on={"number": 40},
        perturbation_size=0.2,
        local_steps=600,
        rounds=1000,
        acceptance="better",
        step_size=1.0,
        move="two_opt",
    )


def random_tour(seed):
    return tuple(np.random.default_rng(seed).permutation(40).tolist())


def test_kicked_descents_beat_fresh_ones_on_a_tour():
    kicked = [forty(seed, 30) for seed in FEW]
    assert kicked[0].best_fx[-1] == pytest.approx(572.1, abs=0.05)
    assert 560 < median(kicked) < 585
    fresh = best([forty(seed, 1, random_tour(seed)) for seed in range(90)])
    assert np.median(fresh) == pytest.approx(764, abs=10)
    assert np.median(fresh.reshape(3, 30).min(axis=1)) == pytest.approx(656, abs=30)
    assert median(kicked) < fresh.min()


def test_full_two_opt_is_dearer_and_not_shorter():
    descents = [run("two_opt", "random_cities", start=random_tour(s), steps=300, on={"number": 40}) for s in SEEDS]
    assert median(descents) == pytest.approx(584, abs=0.5)
    reversals = 40 * 37 / 2
    assert reversals == 740
    assert np.median([trace.stop.step for trace in descents]) * reversals == pytest.approx(25_000, rel=0.02)
    assert forty(0, 30).evaluations.values[-1] < 25_000


def test_no_reversal_undoes_a_double_bridge():
    moves = LANDSCAPES["random_cities"].make(number=40).moves
    rng = np.random.default_rng(0)
    tour = moves.sample(rng)
    for _ in range(20):
        kicked = moves.kick(tour, rng, 0.2)
        assert len(set(numbered(tour)) - set(numbered(kicked))) == 4
