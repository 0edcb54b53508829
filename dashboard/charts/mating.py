"""One mating from inside: selection, crossover, mutation, and the child among its generation, a stage a frame."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.chart import is_log, limits, log_ticks
from dashboard.charts.crossing import picture, placed
from dashboard.charts.generations import faded, first_child, parent_roles
from dashboard.charts.marks import color_of
from dashboard.charts.offspring import (
    ARRIVAL,
    CROSSOVER,
    GENES,
    MUTATION,
    SELECTION,
    Mating,
    finding,
    gene,
    listed,
    made,
    mating_of,
    mutation,
    ordinal,
    outcome,
    survivor,
)
from dashboard.charts.picture import Bookmark, Equation, KeyEntry, Picture, Readout, Scene
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number

PLAIN = "border-collapse:collapse;margin:2px 0"  # the table of genes
CELL = "border:0;padding:1px 12px 1px 0;font-weight:400;white-space:nowrap"


def mating(trace: Trace, view: View, theme: Theme, link: str = "") -> Scene:
    """Return the scene of one mating: how the followed member of generation `view.inside` came to be."""
    view = view.fitted(trace.x.shape[-1], trace.x.shape[1], len(trace), first_child(trace))
    one = mating_of(trace, view)
    title, subtitle = finding(one)
    large = picture(one, view, theme, title, subtitle)
    return Scene(
        run=trace.run.id,
        frames=one.frames,
        title=title,
        subtitle=subtitle,
        pictures=(large, ranks(one, theme)),
        equation=genes(one, view, theme),
        table=_table(one, view),
        outcome=outcome(one),
        bookmarks=_bookmarks(one),
        colors=theme.css(),
        frame_word="stage",
        link=link,
        at=view.frame if 0 <= view.frame < one.frames else -1,
        closer="Back to all generations",
        inside=one.k,
        deeper=1,
    )


def _bookmarks(one: Mating) -> tuple[Bookmark, ...]:
    if one.elite:
        return (Bookmark(1, f"selection: {survivor(one)}", "fork"), Bookmark(2, "taken over unchanged", "diamond"))
    moved = int(one.mutated.sum())
    change = f"mutation of {counted(moved, 'edge' if one.tours else 'gene')}" if moved else mutation(one)
    return (
        Bookmark(SELECTION, "selection: two parents", "fork"),
        Bookmark(CROSSOVER, "crossover: a child of both", "fork"),
        Bookmark(MUTATION, change, "triangle"),
        Bookmark(ARRIVAL, "the child in its generation", "diamond"),
    )


def _table(one: Mating, view: View) -> Mapping[str, np.ndarray]:
    """Return the child's coordinates and value at every stage, NaN before it is made."""
    columns: dict[str, np.ndarray] = {"stage": np.arange(one.frames)}
    if one.tours:
        return columns | {"length of the child": made(one, one.fc, one.f)}
    which = (0,) if one.child.size == 1 else view.pair
    for i in which:
        columns[f"{gene(one, i)} of the child"] = made(one, float(one.crossed[i]), float(one.child[i]))
    columns["f of the child"] = made(one, one.fc, one.f)
    return columns


def ranks(one: Mating, theme: Theme) -> Picture:
    """Return the values of the parents' generation in their order, with the parents and the child among them."""
    trace, frames, color = one.trace, one.frames, color_of(one.trace)
    f = np.asarray(trace.fx[one.k - 1], float)
    f = np.sort(np.where(np.isfinite(f), f, np.nan))
    child = made(one, one.fc, one.f)
    log = is_log(f, child)
    low, high = limits([f, child], log)
    order = np.arange(1, len(f) + 1, dtype=float)

    def held(y: Any) -> np.ndarray:
        y = np.where(np.isfinite(y), y, np.nan)
        return np.asarray(np.maximum(y, 10**low) if log else y)

    sketch = Sketch(theme)
    sketch.move("generation", "still", sign("circle", faded(theme, color, 0.6), 5), x=order, y=held(f))
    parents = [(one.parents[0], one.fa, 0), (one.parents[1], one.fb, 1)]
    for _, value, i in parents[:1] if one.elite else parents:
        shown = placed(np.array([float(one.rank(value)), float(held(value))]), frames, *range(SELECTION, frames))
        role = parent_roles(trace)[i]
        sketch.move(f"parent {'ab'[i]}", "point", sign("circle", theme.mark(role), 11, theme.text, 1.6), **shown)
    places = np.array([one.rank(value) if np.isfinite(value) else np.nan for value in child])
    across: dict[str, Any] = {
        "x": np.full(frames, 0.0),
        "x2": np.full(frames, len(f) + 1.0),
        "y": held(child),
        "y2": held(child),
    }
    sketch.move("child's value", "segments", line(theme.line(color), 1.6, "4px,3px"), **across)
    disc = sign("diamond", theme.mark(color), 13, theme.text, 1.8)
    sketch.move("child", "point", disc, x=places.astype(float), y=held(child))
    xaxis = look.axis(theme, f"rank in generation {one.k - 1:,}", range=[0.0, len(f) + 1.0], nticks=5)
    yaxis = look.axis(theme, "", range=[low, high], showgrid=True)
    yaxis |= {"type": "log"} | log_ticks(low, high) if log else {"nticks": 5}
    room = theme.size / 14
    margin = {"l": round(46 * room), "r": round(8 * room), "t": round(6 * room), "b": round(44 * room)}
    title = _rank_title(one)
    key = [KeyEntry("circle", theme.mark(role), name) for role, name in zip(parent_roles(trace), "ab", strict=True)]
    key = [*key[: 1 if one.elite else 2], KeyEntry("diamond", theme.mark(color), "child")]
    alt = f"{title}; the best of the {len(f)} members of generation {one.k - 1:,} has f = {number(float(f[0]))}."
    readout = Readout(
        np.tile(order, (frames, 1)), np.tile(held(f), (frames, 1)), {"f": np.tile(f, (frames, 1))}, "rank"
    )
    return Picture(
        id="ranks",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "ranks", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=f"{'length' if one.tours else 'f'} of the parents' generation" + (", log scale" if log else ""),
        alt=alt,
        key=tuple(key),
        readout=readout,
    )


def _rank_title(one: Mating) -> str:
    size = one.trace.x.shape[1]
    if one.elite:
        return f"The {survivor(one).split()[-1]} was {ordinal(one.rank(one.fa))} of {size}"
    a, b, child = (ordinal(one.rank(f)) for f in (one.fa, one.fb, one.f))
    return f"a was {a}, b {b} of {size}; the child would be {child}"


def genes(one: Mating, view: View, theme: Theme) -> Equation:
    """Return the genes of the parents and the child as a table; a row is filled when its stage comes."""
    if one.tours:
        return _shares(one)
    d = one.child.size
    which = list(range(d)) if d <= GENES else list(view.pair)
    columns = [*[gene(one, i) for i in which], "f"]
    roles = dict(zip("ab", parent_roles(one.trace), strict=True))
    rows = _stages(one)
    table = ElementTree.Element("table", {"style": PLAIN})
    row(table, "", [(name, "") for name in columns], "")
    slots: dict[str, np.ndarray] = {}
    for number_of, (kind, name, x, f, stage) in enumerate(rows):
        slot = f"row{number_of}"
        values = np.append(np.asarray(x, float)[which], f)
        filled = np.full((one.frames, len(values)), np.nan)
        filled[stage:] = values
        slots[slot] = filled
        tints = [roles.get(kind, "")] * len(columns)
        if name == "crossed":
            tints = [roles.get(str(one.origin[i]), "") for i in which] + [""]
        bold = [bool(one.mutated[i]) and name == "mutated" for i in which] + [False]
        row(table, name, list(zip([""] * len(columns), tints, strict=True)), roles.get(kind, ""), slot, bold)
    return Equation(
        lines=((ElementTree.tostring(table, encoding="unicode", short_empty_elements=False), ""),),
        slots=slots,
        note=_note(one, which),
        title="The genes",
    )


def _stages(one: Mating) -> list[tuple[str, str, np.ndarray, float, int]]:
    """Return the rows of the table: whose color, a name, the member, its value, and the stage that fills the row."""
    if one.elite:
        return [
            ("", f"the {survivor(one).split()[-1]}", one.a, one.fa, SELECTION),
            ("", "child", one.child, one.f, CROSSOVER),
        ]
    return [
        ("a", "parent a", one.a, one.fa, SELECTION),
        ("b", "parent b", one.b, one.fb, SELECTION),
        ("", "crossed", one.crossed, one.fc, CROSSOVER),
        ("", "mutated", one.child, one.f, MUTATION),
    ]


def _shares(one: Mating) -> Equation:
    """Return how many edges the tours share with the parents, and their lengths."""
    roles = parent_roles(one.trace)
    columns = [("length", ""), ("of a", roles[0]), ("of b", roles[1]), ("new", "")]
    columns = columns[:1] if one.elite else columns
    table = ElementTree.Element("table", {"style": PLAIN})
    row(table, "", columns, "")
    slots: dict[str, np.ndarray] = {}
    for number_of, (kind, name, x, f, stage) in enumerate(_stages(one)):
        whose, slot = one.source(x), f"row{number_of}"
        counts = [np.sum((whose == "a") | (whose == "both")), np.sum((whose == "b") | (whose == "both"))]
        values = np.array([f, *counts, np.sum(whose == "new")], float)[: len(columns)]
        slots[slot] = np.full((one.frames, len(columns)), np.nan)
        slots[slot][stage:] = values
        tint = dict(zip("ab", roles, strict=True)).get(kind, "")
        row(table, name, [("", tone) for _, tone in columns], tint, slot)
    note = _note(one, []) + ("" if one.elite else "; edges of each tour that are also a's, b's or neither's")
    return Equation(
        lines=((ElementTree.tostring(table, encoding="unicode", short_empty_elements=False), ""),),
        slots=slots,
        note=note,
        title="The edges",
    )


def _note(one: Mating, which: list[int]) -> str:
    if one.elite:
        return f"child {one.who + 1} of generation {one.k:,}: {survivor(one)}, taken over"
    parts = [
        f"child {one.who + 1} of generation {one.k:,}, members {one.parents[0] + 1} and {one.parents[1] + 1} before"
    ]
    if 0 < len(which) < one.child.size:
        parts.append(f"{listed([gene(one, i) for i in which])} of {one.child.size} genes")
    return ", ".join(parts)


def row(
    table: ElementTree.Element,
    name: str,
    cells: list[tuple[str, str]],
    tint: str,
    slot: str = "",
    bold: list[bool] | None = None,
) -> None:
    """Add a row: its name, and cells that hold a text or, with a slot, the numbers of a stage."""
    line = ElementTree.SubElement(table, "tr")
    head = ElementTree.SubElement(line, "th", {"scope": "row", "style": f"{CELL};text-align:left;{_tinted(tint)}"})
    head.text = name
    for i, (text, tone) in enumerate(cells):
        weight = "700" if bold and bold[i] else "400"
        style = {"style": f"{CELL};text-align:right;font-weight:{weight};{_tinted(tone)}"}
        cell = ElementTree.SubElement(line, "td", style | ({"data-slot": slot, "data-cell": str(i)} if slot else {}))
        cell.text = text


def _tinted(role: str) -> str:
    return f"color:var(--{role}-text)" if role else "color:var(--text)"
