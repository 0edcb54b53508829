"""Nelder–Mead beside SciPy's, simplex by simplex."""

import numpy as np
import pytest
from scipy.optimize import minimize

from algorithms import LANDSCAPES, Run, record

CASES = [
    ("rosenbrock", {}, (-1.2, 1.0), 0.1),
    ("rosenbrock", {}, (0.3, 2.2), 0.02),
    ("himmelblau", {}, (-0.7, 2.3), 0.1),
    ("himmelblau", {}, (3.9, -3.1), 0.3),
    ("sphere", {"dimension": 3}, (-4.0, 3.0, 1.7), 0.1),
    ("rosenbrock", {"dimension": 4}, (-1.2, 1.0, 0.4, -0.3), 0.05),
    *[("rastrigin", {}, tuple(start), 0.3) for start in np.random.default_rng(0).uniform(-5, 5, (12, 2)).round(2)],
]


@pytest.mark.parametrize(("landscape", "on", "start", "size"), CASES)
def test_the_simplexes_are_those_of_scipy(landscape, on, start, size):
    trace = record(Run("nelder_mead", landscape, {"initial_size": size}, on, start, steps=300))
    place = trace.landscape
    first = np.vstack([start, start + size * np.diag(place.high - place.low)])
    options = {"initial_simplex": first, "xatol": 0, "fatol": 0, "return_all": True}
    assert len(trace) > 30
    best = minimize(place.value, start, method="Nelder-Mead", options=options | {"maxiter": len(trace)}).allvecs
    assert trace.x == pytest.approx(np.array(best), rel=1e-9, abs=1e-12)
    for k in range(0, len(trace), 3):
        peer = minimize(place.value, start, method="Nelder-Mead", options=options | {"maxiter": k + 1})
        simplex, values = peer.final_simplex
        assert trace.simplex[k] == pytest.approx(simplex, rel=1e-9, abs=1e-12)
        assert k == 0 or trace.fx[k] == pytest.approx(values[0], rel=1e-9, abs=1e-15)
        assert trace.evaluations["values"][k] == peer.nfev


def test_every_move_is_made_and_named():
    traces = [record(Run("nelder_mead", each[0], {"initial_size": each[3]}, *each[1:3], steps=300)) for each in CASES]
    notes = np.concatenate([trace.note[1:] for trace in traces])
    assert set(notes) >= {"reflect", "expand", "contract"}
    for trace in traces:
        assert trace.note[0] == "start"
        for k in range(1, len(trace)):
            old, new, tried = trace.simplex[k - 1], trace.simplex[k], trace.trials[k]
            centroid, worst, note = old[:-1].mean(axis=0), old[-1], trace.note[k]
            reflected = 2 * centroid - worst
            assert tried[0] == pytest.approx(reflected)
            if note == "shrink":
                assert np.allclose(sorted(new.tolist()), sorted((0.5 * (old + old[0])).tolist()))
                continue
            came = [corner for corner in new.tolist() if corner not in old.tolist()]
            assert len(came) == 1
            share = {"reflect": [1], "expand": [2], "contract": [0.5, -0.5]}[note]
            assert any(np.allclose(came[0], centroid + r * (centroid - worst), rtol=1e-9, atol=1e-12) for r in share)


def test_a_simplex_shrinks_where_no_move_helps():
    """Among Rastrigin's dimples a contracted corner may lie on a ridge."""
    notes = [
        record(Run("nelder_mead", "rastrigin", {"initial_size": 0.3}, start=start)).note
        for start in np.random.default_rng(0).uniform(-5, 5, (40, 2))
    ]
    assert "shrink" in np.concatenate(notes)


def test_it_ends_when_all_corners_are_together():
    trace = record(Run("nelder_mead", "himmelblau", start=(-0.7, 2.3), steps=1000))
    assert trace.stop.reason == "converged"
    spread = abs(trace.simplex - trace.simplex[:, :1]).max(axis=(1, 2))
    assert spread[-1] <= 1e-6 < spread[-2]
    assert min(np.linalg.norm(trace.x[-1] - m.x) for m in LANDSCAPES["himmelblau"].make().minima) < 1e-5
