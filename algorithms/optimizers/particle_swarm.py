"""Particle swarm optimization."""

from itertools import islice, repeat
from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.schedules import shares
from algorithms.state import State

Particles = Annotated[int, Knob(2, 200, symbol="P", help="Number of particles.")]
Inertia = Annotated[
    float, Knob(0.0, 1.2, step=0.01, symbol="w", words="inertia", help="Share of the velocity kept; above 1 it grows.")
]
Cognitive = Annotated[
    float,
    Knob(0.0, 4.0, step=0.05, symbol="c₁", words="pull to own best", help="Pull towards the particle's own best."),
]
Social = Annotated[
    float,
    Knob(
        0.0,
        4.0,
        step=0.05,
        symbol="c₂",
        words="pull to others' best",
        help="Pull towards the swarm's best, on a ring the neighbors'.",
    ),
]
Topology = Annotated[
    Literal["global", "ring"], Knob(help="Whose best a particle follows: the swarm's, or that of two neighbors.")
]
Clamp = Annotated[
    float, Knob(0.0, 1.0, step=0.01, symbol="vₘ", help="Largest velocity, as a share of the domain; 0 sets no limit.")
]
Walls = Annotated[bool, Knob(help="Particles stop at the edge of the domain.")]
Schedule = Annotated[
    Literal["constant", "linear"],
    Knob(aside=True, help="Whether w stays, or falls evenly to its final value: first far flights, then near ones."),
]
Final = Annotated[
    float,
    Knob(0.0, 1.2, step=0.01, symbol="w₁", words="final inertia", idle="inertia_schedule=constant", aside=True,
         help="Share of the velocity kept once the schedule has ended."),
]  # fmt: skip
Length = Annotated[
    int,
    Knob(1, 10_000, log=True, symbol="τ", words="schedule length", idle="inertia_schedule=constant", aside=True,
         help="Steps in which w goes from its first value to its final one."),
]  # fmt: skip


def leader(t):
    """The best point (T, P, d) that each particle follows."""
    if t.topology == "ring":
        return np.take_along_axis(t.personal_best, ring(t.personal_best_fx)[..., None], axis=1)
    return np.broadcast_to(t.global_best[:, None], t.x.shape)


def weights(w, final_w, schedule, length):
    """The inertia weight of each step, without end: w, or evenly from w to its final value (Shi and Eberhart 1998)."""
    if schedule == "constant":
        return repeat(w)
    return (final_w + (w - final_w) * share for share in shares(schedule, length))


def weight(t):
    """The inertia weight (T,) of the step that leaves each frame."""
    return np.fromiter(islice(weights(t.w, t.final_w, t.inertia_schedule, t.inertia_steps), len(t.x)), float)


@optimizer(
    "Particle swarm",
    family="swarm",
    needs=("value", "moves"),
    stochastic=True,
    population="particles",
    reference="Kennedy and Eberhart 1995, Particle swarm optimization; inertia by Shi and Eberhart 1998",
    color="sky",
    rule=(
        r"<velocity'> = <weight>\,<velocity> + <cognitive'> + <social'>",
        r"<x'> = <x> + <velocity'>",
    ),
    derived={"weight": weight, "inertia": lambda t: t.weight[:, None, None] * t.velocity, "leader": leader},
    arrows={
        "velocity": lambda t: t.next.velocity,
        "inertia": lambda t: t.inertia,
        "cognitive": lambda t: t.next.cognitive,
        "social": lambda t: t.next.social,
        "step": lambda t: t.step,
    },
    presets={
        "as in the article": {},
        "recommended": {"w": 0.6, "c1": 2.0, "c2": 1.0, "max_velocity": 0.1, "inertia_schedule": "constant"},
    },
)
def particle_swarm(
    f,
    x,
    rng,
    *,
    particles: Particles = 30,
    w: Inertia = 0.5,
    c1: Cognitive = 1.0,
    c2: Social = 1.5,
    topology: Topology = "global",
    max_velocity: Clamp = 0.0,
    walls: Walls = True,
    inertia_schedule: Schedule = "constant",
    final_w: Final = 0.4,
    inertia_steps: Length = 100,
):
    """Particles fly on with inertia w, drawn to their own best point and to the best of their neighbors.

    Kennedy and Eberhart 1995; inertia w by Shi and Eberhart 1998; ring by Kennedy 1999. All move at once.
    """
    x = f.moves.sample(rng, particles, first=x)
    v = ap = ag = np.zeros_like(x)  # velocities, pulls
    fx = f(x)
    p, fp = x, fx  # personal bests
    fastest = max_velocity * (f.high - f.low)
    for inertia in weights(w, final_w, inertia_schedule, inertia_steps):
        g = p[fp.argmin()]
        yield State(x, fx=fx, velocity=v, cognitive=ap, social=ag, personal_best=p, personal_best_fx=fp, global_best=g)
        if topology == "ring":
            g = p[ring(fp)]
        r1, r2 = rng.random((2, *x.shape))
        ap = c1 * r1 * (p - x)
        ag = c2 * r2 * (g - x)
        v = inertia * v + ap + ag
        if max_velocity > 0:
            v = v.clip(-fastest, fastest)
        x = (x + v).clip(f.low, f.high) if walls else x + v
        fx = f(x)
        p = np.where((fx < fp)[:, None], x, p)
        fp = np.minimum(fx, fp)


def ring(fx):
    """For each particle of fx (…, P) the index of the best among itself and its two neighbors."""
    i = np.arange(fx.shape[-1])
    side = fx[..., (i[:, None] + [-1, 0, 1]) % i.size].argmin(axis=-1) - 1
    return (i + side) % i.size
