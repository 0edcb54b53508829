"""The map of the home page: what each chapter is about, and what of it can be opened already."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from algorithms import LANDSCAPES, OPTIMIZERS, Run
from dashboard.lessons import CHAPTERS, Lesson, lessons


@dataclass(frozen=True)
class Item:
    """One thing of a chapter: an optimizer on a landscape, by their ids, or a plan that has none yet.

    `page` is where it is opened: the playground, or another page of the lab, whose own name it then has.
    """

    words: str
    optimizer: str = ""
    landscape: str = "himmelblau"
    page: str = "playground"

    @property
    def name(self) -> str:
        """What it is called: the optimizer's own name, where it exists and the playground shows it."""
        own = self.optimizer in OPTIMIZERS and self.page == "playground"
        return OPTIMIZERS[self.optimizer].name if own else self.words

    @property
    def link(self) -> dict[str, str] | None:
        """The keys of a link to it; None where it does not exist yet."""
        if self.optimizer not in OPTIMIZERS:
            return None
        optimizer = OPTIMIZERS[self.optimizer]
        places = [self.landscape, *LANDSCAPES] if self.landscape in LANDSCAPES else list(LANDSCAPES)
        fit = next((place for place in places if optimizer.fits(LANDSCAPES[place].make())), None)
        return {"landscape": fit, "optimizer": self.optimizer} if fit else None


def whole(link: dict[str, str]) -> dict[str, str]:
    """A link with every value in it: one that the page has to complete would be left twice on the way back."""
    return Run.suggested(link["optimizer"], link["landscape"]).to_query()


@dataclass(frozen=True)
class Chapter:
    """A chapter: its number from 1, title, one plain line, and what belongs to it."""

    number: int
    title: str
    line: str
    items: tuple[Item, ...]

    @property
    def lessons(self) -> list[Lesson]:
        """The lessons of this chapter that can be read."""
        return [each for each in lessons().values() if isinstance(each, Lesson) and each.chapter == self.number]

    @property
    def here(self) -> list[tuple[str, dict[str, str], str]]:
        """Name, link and page of what can be opened."""
        return [(item.name, whole(link), item.page) for item in self.items if (link := item.link)]

    @property
    def to_come(self) -> list[str]:
        """The names of what does not exist yet."""
        return [item.words for item in self.items if item.link is None]


_CONTENTS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Walk downhill along the gradient, and see why one number decides between creeping and diverging.",
        (
            Item("gradient descent", "gradient_descent", "quadratic"),
            Item("momentum", "momentum"),
            Item("Adam", "adam", "rosenbrock"),
            Item("stochastic gradient descent", "sgd", "linear_regression"),
            Item("mini-batches", "mini_batch", "linear_regression"),
            Item("Nesterov", "nesterov"),
            Item("AdaGrad", "adagrad"),
            Item("RMSProp", "rmsprop"),
            Item("AdamW", "adamw"),
        ),
    ),
    (
        "Use the curvature as well: a few long steps instead of many short ones, where that works.",
        (
            Item("Newton", "newton", "cubic"),
            Item("BFGS", "bfgs", "rosenbrock"),
            Item("L-BFGS", "lbfgs", "rosenbrock"),
            Item("conjugate gradients", "conjugate_gradient", "bowl"),
        ),
    ),
    (
        "Search by chance, with no gradient: first blindly, then with a temperature that falls.",
        (
            Item("Nelder–Mead", "nelder_mead", "rosenbrock"),
            Item("random search", "random_search"),
            Item("simulated annealing", "simulated_annealing", "rastrigin"),
        ),
    ),
    (
        "A population that selects, crosses and mutates: watch the generations, and one child come from its parents.",
        (
            Item("genetic algorithm", "genetic_algorithm", "rastrigin"),
            Item("differential evolution", "differential_evolution", "rastrigin"),
            Item("CMA-ES", "evolution_strategy", "bowl"),
        ),
    ),
    (
        "Local search, and rules that lead it out of the valley in which it got stuck.",
        (
            Item("nearest neighbor", "nearest_neighbor", "random_cities"),
            Item("2-opt", "two_opt", "random_cities"),
            Item("tabu search", "tabu_search", "rastrigin"),
            Item("iterated local search", "iterated_local_search", "rastrigin"),
        ),
    ),
    (
        "Many simple members that share what they have found: in a common best place, or in a trail.",
        (
            Item("particle swarm", "particle_swarm", "rastrigin"),
            Item("ant colony", "ant_colony", "clustered_cities"),
        ),
    ),
    (
        "Choose the settings of a model when each try costs a whole training.",
        (
            Item("grid search", "grid_search"),
            Item("evolutionary search"),
            Item("Bayesian optimization", "bayesian_optimization"),
        ),
    ),
    (
        "Minimize where not everything is allowed: multipliers, penalties and active constraints.",
        (
            Item("Lagrange multipliers", "lagrange"),
            Item("projected gradient", "projected_gradient"),
            Item("penalty", "penalty"),
            Item("augmented Lagrangian", "augmented_lagrangian"),
            Item("sequential quadratic programming", "sqp"),
        ),
    ),
    (
        "The same optimizers fit lines, classifiers and a small neural network to data.",
        (
            Item("linear regression", "mini_batch", "linear_regression"),
            Item("logistic regression"),
            Item("a small neural network"),
        ),
    ),
    (
        "Many valleys, many dimensions, too close a fit, and a step that is too long or too short.",
        (
            Item("basin maps"),
            Item("high dimension"),
            Item("overfitting"),
            Item("step size", "gradient_descent", "bowl", "lab"),
        ),
    ),
    (
        "The words of the field, and which method to take for which problem.",
        (Item("a guide to choosing"), Item("a glossary")),
    ),
)

ALL = tuple(
    Chapter(number, title, line, items)
    for number, (title, (line, items)) in enumerate(zip(CHAPTERS, _CONTENTS, strict=True), start=1)
)


def others() -> Iterable[tuple[str, dict[str, str]]]:
    """Yield name and link of the optimizers that no chapter names: those that somebody added."""
    named = {item.optimizer for chapter in ALL for item in chapter.items}
    for id in OPTIMIZERS:
        if id not in named and (link := Item("", id).link):
            yield OPTIMIZERS[id].name, link


def entries() -> dict[str, tuple[Run, float]]:
    """Return the ways in: an invitation, the run behind it, and the share of it after which its picture rests.

    A pair that does not exist, or no longer, is left out.
    """
    wanted: tuple[tuple[str, str, str, dict[str, Any], float], ...] = (
        ("One ball, one slope: turn η until it overshoots.", "gradient_descent", "quadratic", {}, 1.0),
        ("It knows the curvature: watch the right digits double.", "newton", "cubic", {}, 1.0),
        ("Many valleys: will a shared memory find the right one?", "particle_swarm", "rastrigin", {}, 0.03),
        ("No ant knows the way. Their trail learns it.", "ant_colony", "clustered_cities", {"steps": 40}, 0.25),
    )
    return {
        words: (Run.suggested(optimizer, landscape, **given), rest)
        for words, optimizer, landscape, given, rest in wanted
        if Item("", optimizer, landscape).link == {"landscape": landscape, "optimizer": optimizer}
    }
