"""The one place for colors, sizes and the look of axes, in light and dark.

Marks are Okabe–Ito. Four of its eight colors are too pale for text, so text of the same term is a darker (light) or
lighter (dark) cousin; lines and hollow signs take a tone between the two where the mark itself falls below 3:1.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

OKABE_ITO = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "black": "#000000",
}

# What a color stands for; the same in every picture, in the equation and in the key.
ROLES = {
    "gradient": "blue",
    "velocity": "green",
    "inertia": "green",
    "momentum": "vermillion",
    "direction": "green",
    "decay": "purple",
    "rate": "sky",
    "model": "purple",
    "step": "ink",
    "swarm": "sky",
    "own-best": "purple",
    "cognitive": "purple",
    "best": "orange",
    "social": "orange",
    "base": "purple",
    "difference": "blue",
    "mutant": "vermillion",
    "path": "green",
    "minimum": "yellow",
    "ghost": "ghost",
    "improved": "green",
    "worse": "vermillion",
    "rejected": "rejected",
    "tabu": "vermillion",
    "uphill": "purple",
    "kick": "vermillion",
    "descent": "blue",
}

FAMILY = '"Source Sans", -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
SIZES = {"normal": 14, "projector": 18}

# Widths of lines and sizes of signs, in pixels at normal text size.
PATH, HALO, FUTURE, GHOST, ARROW, STEP, CURSOR, CHART = 3.0, 2.5, 1.8, 2.6, 3.6, 4.2, 1.3, 3.0
START, NOW, BEST, STAR, SADDLE, DOT, PARTICLE, FOLLOWED, TRIED = 17, 17, 16, 21, 14, 5.5, 11, 15, 10
STROKE = 2.6  # of a cross that marks a saddle point
EDGES = (1.2, 2.0, 3.4, 5.2, 7.6, 10.4, 13.4, 16.5)  # of the eight classes, little to much
TOUR, TOUR_HALO, WALK, BESIDE, CITY, NUMBERED = 2.5, 0.8, 2.8, 5.0, 11, 24
FAINT = 0.4


@dataclass(frozen=True)
class Theme:
    """Every color of one theme; `mark` gives that of a sign, `ink` that of its text, `line` that of a thin line."""

    name: str
    page: str
    sidebar: str
    panel: str
    text: str
    quiet: str
    hairline: str
    grid: str
    track: str
    primary: str
    on_primary: str
    halo: str
    edge: str  # around yellow and orange signs, which are pale
    own: tuple[
        tuple[str, str], ...
    ]  # colors that are not Okabe–Ito: ghost, rejected, ink, and blue where it is too dark
    cousins: tuple[tuple[str, str], ...]  # name -> text color
    strokes: tuple[tuple[str, str], ...]  # names whose mark is below 3:1 on the page -> the color of their lines
    landscape: tuple[str, ...]  # low to high
    contour: str
    curve: str
    outside: str  # laid over the landscape where a run cannot start
    border: str
    ground: str  # behind cities
    pheromone: tuple[str, ...]  # the eight classes, little to much
    crowd: tuple[str, ...]  # the same for edges that many members share
    size: int = 14

    def name_of(self, role: str) -> str:
        """Return the color name behind a role; a color name stands for itself."""
        name = ROLES.get(role, role)
        return "ink" if name == "black" else name

    def mark(self, role: str) -> str:
        """Return the color of a sign, by role ("gradient") or by name ("blue")."""
        name = self.name_of(role)
        own = dict(self.own)
        return own[name] if name in own else OKABE_ITO[name]

    def ink(self, role: str) -> str:
        """Return the color of text about `role`, readable on page, panel and halo."""
        name = self.name_of(role)
        return (dict(self.own) | dict(self.cousins))[name]

    def line(self, role: str) -> str:
        """Return the color of a line or a hollow sign, which must read on the bare page."""
        return dict(self.strokes).get(self.name_of(role)) or self.mark(role)

    def is_pale(self, role: str) -> bool:
        """Return whether a filled sign needs a rim to be seen."""
        return self.name_of(role) in {*dict(self.strokes), "yellow", "orange"}

    def rim(self, role: str) -> str:
        """Return the color of the rim of a filled sign: dark around a pale one, else the halo's."""
        return self.edge if self.is_pale(role) else self.halo

    @property
    def scale(self) -> list[list[Any]]:
        """Return the landscape's colors as a Plotly color scale."""
        return [[i / (len(self.landscape) - 1), color] for i, color in enumerate(self.landscape)]

    def css(self) -> dict[str, str]:
        """Return the custom properties that the player styles itself with."""
        plain = ("page", "sidebar", "panel", "text", "quiet", "hairline", "grid", "track", "primary", "halo", "edge")
        values = {f"--{name}": getattr(self, name) for name in plain}
        values |= {"color-scheme": self.name, "--on-primary": self.on_primary}
        values |= {"--size": f"{self.size}px", "--font": FAMILY}
        for role in (*ROLES, *OKABE_ITO):
            values[f"--{role}"] = self.mark(role)
            values[f"--{role}-text"] = self.ink(role)
        values["--pheromone-text"] = self.pheromone[6]
        return values


LIGHT = Theme(
    name="light",
    page="#FFFFFF",
    sidebar="#F0F2F6",
    panel="#F3F5F8",
    text="#1B1F24",
    quiet="#565E68",
    hairline="#D5DAE1",
    grid="#E4E8ED",
    track="#C9D0D9",
    primary="#0072B2",
    on_primary="#FFFFFF",
    halo="#FFFFFF",
    edge="#1B1F24",
    own=(("ink", "#1B1F24"), ("ghost", "#6B727B"), ("rejected", "#444B54")),
    cousins=(
        ("ghost", "#5A626C"),
        ("orange", "#855A00"),
        ("sky", "#1B6B9E"),
        ("green", "#00664A"),
        ("yellow", "#6B6300"),
        ("blue", "#005A8E"),
        ("vermillion", "#A84300"),
        ("purple", "#94386C"),
    ),
    strokes=(("orange", "#B87A00"), ("sky", "#2F8FC9"), ("yellow", "#948A00"), ("purple", "#BE6596")),
    landscape=("#5F87A8", "#84A3BA", "#A6BCCB", "#C3D0D6", "#D9DEDC", "#E8E6DA", "#F3EEE0"),
    contour="rgba(62,84,103,0.38)",
    curve="#5F87A8",
    outside="rgba(255,255,255,0.5)",
    border="#565E68",
    ground="#FAFBFD",
    pheromone=("#F6EBD3", "#F0D9A8", "#E9C375", "#E0A93F", "#C98A14", "#AD7209", "#8C5B07", "#6B4605"),
    crowd=("#EBEEF3", "#DCE2EA", "#C9D2DE", "#B3C0D0", "#9AABC0", "#8095AE", "#677F9B", "#506A88"),
)

DARK = Theme(
    name="dark",
    page="#0E1117",
    sidebar="#1B1F29",
    panel="#1B202A",
    text="#F2F4F7",
    quiet="#AEB6C2",
    hairline="#363C48",
    grid="#262B35",
    track="#454C5A",
    primary="#56B4E9",
    on_primary="#08131C",
    halo="#0B0E13",
    edge="#F2F4F7",
    own=(("ink", "#F2F4F7"), ("ghost", "#9AA3AF"), ("rejected", "#C7CED8"), ("blue", "#4B8DF0")),
    cousins=(
        ("orange", "#F0B434"),
        ("sky", "#8CCBF2"),
        ("green", "#2BC79A"),
        ("yellow", "#F0E442"),
        ("blue", "#6FA8F7"),
        ("vermillion", "#FF8A3D"),
        ("purple", "#E08FBB"),
    ),
    strokes=(),
    landscape=("#0A1E31", "#112A41", "#1A364E", "#264256", "#33495A", "#40525D"),
    contour="rgba(5,14,24,0.38)",
    curve="#7FA3C0",
    outside="rgba(14,17,23,0.5)",
    border="#AEB6C2",
    ground="#12161E",
    pheromone=("#352B18", "#48391C", "#5E481D", "#77591B", "#98711C", "#BA8B25", "#DCAA3E", "#F7CE7B"),
    crowd=("#1D232D", "#27303C", "#333E4D", "#414F61", "#516277", "#64778E", "#7A8EA6", "#94A8BF"),
)


@cache
def theme(name: str = "light", text: str = "normal") -> Theme:
    """Return the light or the dark theme, with text for a desk or for a projector."""
    return replace({"light": LIGHT, "dark": DARK}[name], size=SIZES[text])


def axis(theme: Theme, title: str = "", **more: Any) -> dict[str, Any]:
    """Return the look of one axis: thin, ticks outside, no zero line, no grid."""
    look: dict[str, Any] = {
        "showline": True,
        "linewidth": 1,
        "linecolor": theme.hairline,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": theme.quiet,
        "tickfont": {"color": theme.quiet, "size": theme.size},
        "zeroline": False,
        "separatethousands": True,
        "showgrid": False,
        "gridcolor": theme.grid,
        "title": {"text": title, "standoff": 2, "font": {"color": theme.quiet, "size": theme.size}},
    }
    return look | more


def layout(theme: Theme, xaxis: dict[str, Any], yaxis: dict[str, Any], keep: str, **more: Any) -> dict[str, Any]:
    """Return a 2-D layout; zoom survives as long as `keep` stays the same."""
    room = theme.size / SIZES["normal"]
    titled = {"b": bool(xaxis["title"]["text"]), "l": bool(yaxis["title"]["text"])}
    margin = {"l": 30 + 16 * titled["l"], "r": 6, "t": 6, "b": 26 + 16 * titled["b"]}
    base: dict[str, Any] = {
        "xaxis": xaxis,
        "yaxis": yaxis,
        "margin": {side: round(value * room) for side, value in margin.items()},
        "paper_bgcolor": theme.page,
        "plot_bgcolor": theme.page,
        "font": {"family": FAMILY, "size": theme.size, "color": theme.text},
        "showlegend": False,
        "hovermode": False,
        "uirevision": keep,
    }
    return base | more
