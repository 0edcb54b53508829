"""How a run is looked at: everything in a link that changes the picture and not the run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

CHOICES = {
    "scale": ("log", "linear"),
    "shape": ("flat", "surface"),
    "axis": ("steps", "evaluations", "examples", "seconds"),
    "text": ("normal", "projector"),
    "large": ("landscape", "convergence", "close-up"),
}
LABELS = {
    "log": "log levels",
    "linear": "even levels",
    "flat": "contours",
    "surface": "3-D surface",
    "steps": "steps",
    "evaluations": "evaluations",
    "examples": "examples seen",
    "seconds": "seconds",
}
LAYER, MOST = r"[a-z][a-z-]{0,19}", 12  # a layer's name, and how many may be hidden
HIGHEST = 9_999  # of a coordinate or a particle


@dataclass(frozen=True)
class View:
    """What the learner chose to see; the coordinates of `pair` and the followed member count from 0."""

    scale: str = "log"
    shape: str = "flat"
    pair: tuple[int, int] = (0, 1)
    axis: str = "steps"
    follow: int = -1  # a member; −1 is the first one whose way can be seen
    text: str = "normal"
    large: str = "landscape"  # the picture that has the most room
    frame: int = -1  # where the player opens; −1 is the end
    inside: int = -1  # the step that is seen from inside; −1 shows the whole run
    hide: tuple[str, ...] = ()  # layers that are switched off, by name

    def __post_init__(self) -> None:
        """Raise ValueError for a choice that does not exist."""
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"view.{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        if len(self.pair) != 2 or self.pair[0] == self.pair[1] or not all(0 <= i <= HIGHEST for i in self.pair):
            raise ValueError(f"view.pair is two different coordinates, counted from 0, not {self.pair!r}")
        if not -1 <= self.follow <= HIGHEST:
            raise ValueError(f"view.follow is the number of a member, counted from 0, not {self.follow!r}")
        if len(self.hide) > MOST or not all(re.fullmatch(LAYER, name) for name in self.hide):
            raise ValueError(f"view.hide is the names of at most {MOST} layers, not {self.hide!r}")
        if self.inside < 1 and self.inside != -1:
            raise ValueError(f"view.inside is a step, counted from 1, or -1 for none, not {self.inside!r}")

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["View", list[str]]:
        """Return the view that a link asks for, and one sentence for every value that had to be replaced."""
        view, repairs = cls(), []
        for name in (field.name for field in fields(cls)):
            text = query.get(f"view.{name}")
            if text is None:
                continue
            try:
                view = replace(view, **cast(Any, {name: _read(name, text)}))
            except ValueError:
                shown = text if len(text) <= 40 else text[:40] + "…"
                used = _write(getattr(view, name)) or "all"
                repairs.append(f"view.{name} = {shown!r} is not a choice here; {used} is shown.")
        known = {f"view.{field.name}" for field in fields(cls)}
        unknown = [key for key in query if key.startswith("view.") and key not in known]
        repairs += [f"{key[:40]!r} is ignored: there is no such view." for key in unknown[:3]]
        return view, repairs

    def to_query(self) -> dict[str, str]:
        """Return the values that differ from the default, as text for a link."""
        default = View()
        names = [field.name for field in fields(self)]
        return {f"view.{n}": _write(getattr(self, n)) for n in names if getattr(self, n) != getattr(default, n)}

    def fitted(self, dimension: int, members: int, frames: int = HIGHEST, first: int = 0) -> "View":
        """Return the view with a pair, a followed member and a step seen from inside that exist in the run.

        `first` is the member followed where nobody was chosen.
        """
        pair = self.pair if max(self.pair) < dimension else (0, min(1, dimension - 1) or 1)
        inside = min(self.inside, frames - 1) or -1
        follow = self.follow if 0 <= self.follow < max(members, 1) else first
        return replace(self, pair=pair, follow=follow, inside=inside)


def _read(name: str, text: str) -> object:
    if name == "pair":
        first, second = text.split(",")
        return _count(first), _count(second)
    if name == "hide":
        return tuple(sorted(set(text.split(",")) - {""}))
    if name == "inside" and text == "-1":
        return -1
    return _count(text) if name in ("follow", "frame", "inside") else text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError(text)
    return int(text)


def _write(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
