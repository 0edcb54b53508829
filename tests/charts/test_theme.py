import itertools
import re

import numpy as np
import pytest

from dashboard.charts.theme import EDGES, OKABE_ITO, ROLES, Theme, theme

BOTH = pytest.mark.parametrize("look", [theme("light"), theme("dark")], ids=lambda look: look.name)

# What is drawn together, told apart by color alone or with the help of a dash, a sign or a number.
ARROWS = ("gradient", "velocity", "momentum", "step")
LINES = (
    ("swarm", "ghost"),
    ("gradient", "swarm"),
    ("velocity", "momentum"),
    ("best", "ghost"),
    ("momentum", "ghost"),
    ("gradient", "ghost"),
    ("base", "difference"),
    ("base", "mutant"),
    ("difference", "mutant"),
    ("difference", "green"),  # the members of differential evolution
    ("mutant", "green"),
    ("path", "vermillion"),  # the members of CMA-ES
    ("path", "step"),
)

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(color: str) -> np.ndarray:
    assert re.fullmatch("#[0-9A-Fa-f]{6}", color)
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    a, b = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return b / a


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb.clip(0, 1)
    f = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@BOTH
def test_text_reads_on_every_ground(look: Theme) -> None:
    grounds = (look.page, look.panel, look.sidebar, look.halo)
    texts = {name: look.ink(name) for name in (*ROLES, *OKABE_ITO)} | {"text": look.text, "quiet": look.quiet}
    for (name, color), ground in itertools.product(texts.items(), grounds):
        assert contrast(color, ground) >= 4.5, f"{name} {color} on {ground}: {contrast(color, ground):.2f}"
    assert contrast(look.on_primary, look.primary) >= 4.5


@BOTH
def test_marks_and_lines_read_on_their_halo(look: Theme) -> None:
    for name in (*ROLES, *OKABE_ITO):
        for ground in (look.halo, look.page):
            assert contrast(look.line(name), ground) >= 3, (
                f"line {name} on {ground}: {contrast(look.line(name), ground):.2f}"
            )
        if contrast(look.mark(name), look.halo) < 3:
            assert look.is_pale(name), f"{name} needs a rim"
            assert contrast(look.rim(name), look.halo) >= 3


def test_blue_reads_on_the_dark_landscape() -> None:
    dark = theme("dark")
    for ground in (dark.page, dark.landscape[len(dark.landscape) // 2 - 1]):
        for role in ("gradient", "velocity", "momentum", "step"):
            assert contrast(dark.mark(role), ground) >= 3, f"{role} on {ground}"


@BOTH
def test_a_color_stands_for_one_role(look: Theme) -> None:
    synonyms = {"inertia": "velocity", "cognitive": "own-best", "social": "best"}
    synonyms |= {"direction": "velocity", "decay": "own-best", "model": "own-best", "rate": "swarm"}
    synonyms |= {"tabu": "momentum", "kick": "momentum", "uphill": "own-best", "descent": "gradient"}
    synonyms |= {"improved": "velocity", "worse": "momentum"}  # moves that are tried have neither of them
    # of populations, in whose pictures there are no gradients, velocities or bests of a particle's own
    synonyms |= {"base": "own-best", "difference": "gradient", "mutant": "momentum", "path": "velocity"}
    colors = {role: look.mark(role) for role in ROLES if role not in synonyms}
    assert len(set(colors.values())) == len(colors)
    assert all(look.mark(other) == look.mark(role) for other, role in synonyms.items())


@BOTH
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_what_is_drawn_together_differs_for_every_eye(look: Theme, deficiency: str) -> None:
    seen = {role: lab(np.array(DEFICIENCIES[deficiency]) @ linear(look.line(role))) for role in (*ROLES, *OKABE_ITO)}
    outcomes = itertools.combinations(("improved", "worse", "rejected"), 2)
    for one, other in [*itertools.combinations(ARROWS, 2), *LINES, *outcomes]:
        assert np.linalg.norm(seen[one] - seen[other]) >= 7, f"{one} and {other} look alike"


@BOTH
def test_the_landscape_goes_one_way(look: Theme) -> None:
    light = [float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in look.landscape]
    assert light == sorted(light)


@BOTH
@pytest.mark.parametrize("classes", ["pheromone", "crowd"])
def test_eight_classes_stand_out_ever_more(look: Theme, classes: str) -> None:
    colors = getattr(look, classes)
    assert len(colors) == len(EDGES) == 8
    apart = [contrast(color, look.ground) for color in colors]
    assert apart == sorted(apart)
    assert apart[0] > 1.1
    assert apart[-1] > 5
    shades = [lab(linear(color)) for color in colors]
    assert all(np.linalg.norm(a - b) > 3 for a, b in itertools.pairwise(shades))


@BOTH
def test_what_lies_on_pheromone_reads_on_its_halo(look: Theme) -> None:
    for name in ("blue", "step", "vermillion", "purple"):
        assert contrast(look.line(name), look.halo) >= 3
        assert contrast(look.line(name), look.ground) >= 3


def test_css_names_every_token_the_player_uses() -> None:
    light, dark = theme("light").css(), theme("dark").css()
    assert light.keys() == dark.keys()
    plain = "page panel text quiet hairline track primary on-primary halo"
    roles = "gradient velocity step momentum swarm own-best best"
    assert {f"--{name}" for name in f"{plain} {roles}".split()} <= light.keys()
    assert {"--gradient-text", "--velocity-text", "--ghost", "--minimum"} <= light.keys()


def test_projector_text_is_larger() -> None:
    assert theme("light").size == 14
    assert theme("light", "projector").size == 18
