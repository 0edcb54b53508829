"""What an optimizer yields: a position and named fields, from one closed vocabulary."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Field:
    """What a recorded or displayed quantity is called, means, and how it is drawn.

    `symbol` is LaTeX; a `ragged` field has another length in every frame, and is padded to the longest. `role` is
    "point" (a position on the landscape), "vector" (drawn from x), "scale" (one positive number per coordinate),
    "value" (one number), "matrix", "edges" (one number for each pair of cities), "edge list" (m, 2), "members" (indices
    of members or examples), "flag" or "text".
    """

    symbol: str
    meaning: str
    role: str
    ragged: bool = False


# The fields an optimizer may yield. A new one is one line here and one drawer in the charts.
FIELDS = {
    "fx": Field("f(x)", "value at the position", "value"),
    "velocity": Field("v", "velocity, a decaying sum of past steps", "vector"),
    "m": Field("m", "running mean of the gradient", "vector"),
    "v": Field("v", "running mean of the squared gradient", "scale"),
    "sum_squares": Field("G", "sum of the squared gradients so far", "scale"),
    "look_ahead": Field(r"\tilde{x}", "where the velocity alone would lead: the gradient is taken there", "point"),
    "estimate": Field(r"\hat{g}", "last gradient the method was given, with its noise or from some examples", "vector"),
    "batch": Field("b", "examples that the last gradient was taken from", "members"),
    "direction": Field("p", "direction of the line searched", "vector"),
    "step_length": Field(r"\alpha", "how far the last step went along its direction", "value"),
    "trials": Field("x_t", "points tried along the line, or around the simplex, the last step's", "point", ragged=True),
    "inverse_hessian": Field("H", "estimate of the inverse Hessian", "matrix"),
    "pair_steps": Field("s", "steps remembered, the oldest first", "vector", ragged=True),
    "pair_slopes": Field("y", "changes of the gradient over these steps", "vector", ragged=True),
    "conjugacy": Field(r"\beta", "share of the last direction that is kept", "value"),
    "simplex": Field("S", "corners of the simplex, the best first", "point"),
    "trial": Field("x_t", "the move tried", "point"),
    "trial_fx": Field("f(x_t)", "value at the move tried", "value"),
    "accepted": Field("a", "whether the move tried was taken", "flag"),
    "draw": Field("u", "number drawn from 0 … 1 for a worse move: taken if below P", "value"),
    "temperature": Field("T", "temperature: how readily a worse move is taken", "value"),
    "personal_best": Field("p", "best position each particle has seen", "point"),
    "personal_best_fx": Field("f(p)", "value at each particle's best position", "value"),
    "global_best": Field("g", "best position any particle has seen", "point"),
    "cognitive": Field("c_1 r_1 (p - x)", "pull towards the particle's own best", "vector"),
    "social": Field("c_2 r_2 (g - x)", "pull towards the best of the neighbors", "vector"),
    "pheromone": Field(r"\tau_{ij}", "pheromone on the way between two cities", "edges"),
    "visited": Field("k", "number of cities whose place in the tour is settled", "value"),
    "removed": Field("E^-", "ends of the edges that this step took out of the tour", "edge list"),
    "added": Field("E^+", "ends of the edges that this step put into the tour", "edge list"),
    "parents": Field("a, b", "the two members of the last generation that a child comes from", "members"),
    "crossed": Field("c", "the child of two parents before it mutates", "point"),
    "elite": Field("e", "whether a member was taken over unchanged", "flag"),
    "donors": Field("a, b, c", "the three members whose positions make a mutant", "members"),
    "mean": Field("m", "center of the normal distribution that the members are drawn from", "point"),
    "sigma": Field(r"\sigma", "step size: how much the covariance is scaled", "value"),
    "covariance": Field("C", "shape of the normal distribution that the members are drawn from", "matrix"),
    "path": Field("p_c", "evolution path: a decaying sum of the center's past moves", "vector"),
    "neighbors": Field("N(x)", "neighbors tried by the last step", "point"),
    "neighbors_fx": Field("f(N)", "values at the neighbors tried", "value"),
    "forbidden": Field("t", "whether a neighbor tried was tabu", "flag"),
    "tabu": Field("T", "tabu list, the newest first: points left or edges taken out, which may not come back", "point"),
    "kicked": Field("x_k", "where the kick led, or the start of a first descent", "point"),
    "descent": Field("x_d", "way of the local search, from where the kick led", "point", ragged=True),
    "note": Field(r"\text{branch}", "the branch taken", "text"),
}

# What is computed for display only, and so never counted as an evaluation.
DISPLAYED = {
    "k": Field("k", "step", "value"),
    "x": Field("x", "position", "point"),
    "gradient": Field(r"\nabla f(x)", "gradient at the position", "vector"),
    "seen": Field(r"\nabla f(x)", "gradient as the step was given it, with its noise or from some examples", "vector"),
    "hessian": Field(r"\nabla^2 f(x)", "Hessian at the position", "matrix"),
    "step": Field(r"\Delta x", "step from this position to the next", "vector"),
    "rate": Field(r"\eta", "learning rate of the step to come, by its schedule", "value"),
    "look_ahead_gradient": Field(r"\nabla f(\tilde{x})", "gradient at the look-ahead point", "vector"),
    "hessian_used": Field(
        r"\nabla^2 f(x)", "Hessian as the step uses it, made positive where that is asked for", "matrix"
    ),
    "centroid": Field(r"\bar{x}", "middle of the side opposite to the worst corner", "point"),
    "worst": Field("x_w", "worst corner of the simplex", "point"),
    "reflected": Field("x_r", "the worst corner reflected at the middle of the opposite side", "point"),
    "example_gradient": Field(r"\nabla f_i(x)", "gradient at the one example drawn", "vector"),
    "batch_gradient": Field(r"\nabla f_b(x)", "mean gradient over the examples drawn", "vector"),
    "newton_step": Field("-H^{-1} g", "step to where the local quadratic model is flat", "vector"),
    "change": Field("y", "change of the gradient over the last step", "vector"),
    "m_hat": Field(r"\hat{m}", "bias-corrected mean of the gradient", "vector"),
    "v_hat": Field(r"\hat{v}", "bias-corrected mean of the squared gradient", "scale"),
    "effective_rate": Field(r"\eta_i", "learning rate of each coordinate, for the step to come", "scale"),
    "leader": Field("g", "best position of the particle's neighbors", "point"),
    "weight": Field("w", "share of the velocity that is kept in the step to come", "value"),
    "inertia": Field("w v", "what is left of the last velocity", "vector"),
    "delta": Field(r"\Delta", "change of f by the move tried", "value"),
    "taken_out": Field(r"d^-", "length of the edges that this step took out of the tour", "value"),
    "put_in": Field(r"d^+", "length of the edges that this step put into the tour", "value"),
    "here": Field("x_k", "city that the way has come to", "value"),
    "nearest": Field("x_{k+1}", "nearest of the cities that were left", "value"),
    "way": Field("d_k", "length of the way there", "value"),
    "left": Field("n - k", "number of cities that are left", "value"),
    "parent_a": Field("a", "first parent of a child", "point"),
    "parent_b": Field("b", "second parent of a child", "point"),
    "parent_a_fx": Field("f(a)", "value of the first parent", "value"),
    "parent_b_fx": Field("f(b)", "value of the second parent", "value"),
    "crossed_fx": Field("f(c)", "value of the child before it mutates", "value"),
    "donor_a": Field("a", "member that the mutant starts from", "point"),
    "donor_b": Field("b", "member at the tip of the difference", "point"),
    "donor_c": Field("c", "member at the foot of the difference", "point"),
    "difference": Field(
        "b - c", "difference of two members, which gives the mutation its length and direction", "vector"
    ),
    "mutant": Field("v", "the base with the scaled difference added", "point"),
    "landed": Field(r"\bar{v}", "the mutant, reflected at the walls where it left the domain", "point"),
    "challenger": Field(
        "u", "the trial: some coordinates of the mutant, the rest of the member it challenges", "point"
    ),
    "challenger_fx": Field("f(u)", "value of the trial", "value"),
    "selected_step": Field(
        "y_w", "weighted mean of the better members' steps from the center, in units of σ", "vector"
    ),
    "path_kept": Field("(1 - c_c)", "share of the evolution path that is kept", "value"),
    "path_gain": Field(r"\gamma", "weight of the new step in the evolution path: 0 while σ grows fast", "value"),
    "covariance_kept": Field(
        "k", "share of the covariance that is kept, 1 less all the weight of what is new", "value"
    ),
    "rank_one": Field(r"c_1\, p_c\, p_c^{T}", "the evolution path's contribution to the covariance", "matrix"),
    "rank_mu": Field(
        r"c_\mu \textstyle\sum_i w_i\, y_i\, y_i^{T}", "the members' contribution to the covariance", "matrix"
    ),
    "growth": Field(
        r"e^{(\lVert p_\sigma \rVert / \chi - 1)\, c_\sigma / d_\sigma}",
        "factor of the step size in this step",
        "value",
    ),
    "deposit": Field(r"\Delta\tau_{ij}", "pheromone laid down by the ants of this step", "edges"),
    "open": Field("k", "number of neighbors that may be taken", "value"),
    "threshold": Field("f^*", "lowest value so far: below it a tabu neighbor may be taken", "value"),
    "chosen_fx": Field("f(n)", "value at the neighbor that was taken", "value"),
    "reach": Field(
        "r", "radius of the ball around a point left in which all is tabu, as a share of the width", "value"
    ),
    "kicked_fx": Field("f(x_k)", "value where the kick led", "value"),
    "probability": Field("P", "probability that the move tried is taken", "value"),
}


class State:
    """One frame of an optimizer: position `x` and its fields, all from the vocabulary, which `record` checks once."""

    __slots__ = ("fields", "x")

    def __init__(self, x: Any, **fields: Any) -> None:
        self.x = x
        self.fields = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"this state has no field {name!r}; it has {', '.join(self.fields)}.") from None

    def __repr__(self) -> str:
        return f"State({self.x}, " + ", ".join(f"{name}={value}" for name, value in self.fields.items()) + ")"


@dataclass(frozen=True)
class Stop:
    """Why a run ended: `reason` is one or two words, `message` a sentence for the learner.

    `step` is the step at which that was seen; `record` fills it in where an optimizer leaves it out.
    """

    reason: str
    message: str
    step: int | None = field(default=None, compare=False)
