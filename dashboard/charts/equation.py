"""The update rule of an optimizer as MathML: with its symbols, and with the numbers of a frame.

An optimizer declares its rule as LaTeX lines with slots: `<velocity'> = <beta> <velocity> + <gradient>`. A slot names
a knob, a field or anything else that `trace.value` knows; a prime means its value at the next frame. In the symbolic
line a slot is its symbol, and "=" after a primed one is an arrow: v ← βv + ∇f(x). In the numeric line it is a cell,
a column or a matrix of cells, which the player fills.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from xml.etree import ElementTree

import numpy as np
from latex2mathml.converter import convert

from algorithms.state import DISPLAYED, FIELDS
from algorithms.trace import Trace
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.layers import on_ring
from dashboard.charts.pheromone import told_edge
from dashboard.charts.picture import Equation
from dashboard.charts.searches import goes_in_rounds, remembers
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.words import member, number, subscript

Node = ElementTree.Element
SLOT = re.compile(r"<(\w+'?)>")
UNIT = re.compile(r"<step_length'?>(\\,| )?")  # of steps that are never shortened
NEXT = "ₜ"  # the index of what is tried
WHERE = r"\text{where }"  # begins a line that names quantities of the lines above
RANK = {"point": 1, "vector": 1, "scale": 1, "matrix": 2}  # axes of one member's value; anything else is one number
ROLES = {
    "m": "momentum",
    "m_hat": "momentum",
    "look_ahead_gradient": "gradient",
    "example_gradient": "gradient",
    "batch_gradient": "gradient",
    "weight_decay": "decay",
    "donor_b": "difference",
    "donor_c": "difference",
}  # fields drawn as an arrow of another name
SIGNS = {"donor_a": "base", "mutant": "mutant", "landed": "mutant", "path": "path", "rank_one": "path"}
DRAWN = {"donors": ("difference",)}  # arrows of a population: the field that tells of them, and their roles
WIDTH, DIGIT = 312, 7.2  # pixels of the panel, and of a digit in it
PULLS = ("inertia", "cognitive", "social")  # numbered 1, 2, 3 in the picture
LENGTHS = {  # of tours: the field that holds their value
    "x": "fx", "trial": "trial_fx", "kicked": "kicked_fx", "crossed": "crossed_fx", "parent_a": "parent_a_fx",
    "parent_b": "parent_b_fx",
}  # fmt: skip
STEADY = 7  # digits: a cell keeps the width of "−0.2290", so that the line does not shake while it plays
BRACKETS = "border-left:1.3px solid;border-right:1.3px solid;border-radius:4px;padding:0 1px;margin:0 1px"
CELL = "display:inline-block;text-align:right;min-width:{}ch"


def equation(trace: Trace, view: View, theme: Theme) -> Equation | None:
    """Return the update rule of a run's optimizer; None where it declares none."""
    rule = trace.optimizer.rule
    if not rule:
        return None
    if not np.size(trace.fields.get("trials", 1)):  # no line is searched: the step is whole
        rule = tuple(UNIT.sub("", line) for line in rule)
    knobs = trace.optimizer.knobs
    slots: dict[str, np.ndarray] = {}
    measured = {line: _measured(trace, line) for line in rule}
    for line in rule:
        for slot in SLOT.findall(measured[line]):
            name = slot.removesuffix("'")
            if (name not in knobs or trace.varies(name)) and not _is_picture(trace, slot):
                slots[slot] = _cells(trace, view, slot, line)

    def filled(slot: str, bare: bool) -> Node:
        return _numbers(trace, slot, slots, bare)

    lines = []
    for line in rule:
        symbolic = _line(line, lambda slot, _: _symbol(trace, slot), trace, numeric=False)
        # the panel is short: what only names a quantity needs no numbers, they stand where it is used
        bare = line.startswith(WHERE) or not measured[line]
        numeric = "" if bare else _line(measured[line], filled, trace, numeric=True)
        if "e^" in line and numeric:
            numeric = _rounded(numeric, line, slots)
        lines.append((symbolic, _cased(trace, view, line, numeric, slots, filled)))
    return Equation(lines=tuple(lines), slots=slots, note=_note(trace, view))


def _rounded(numeric: str, line: str, slots: dict[str, np.ndarray]) -> str:
    """Return a line that says ≈ in place of = where a power is so small that its cell shows 0."""
    with np.errstate(all="ignore"):
        vanished = (slots[SLOT.findall(line)[0]].astype(np.float32) == 0).astype(float)
    if not vanished.any():
        return numeric
    slots["vanished"] = vanished
    signs = (f'<mo data-when="vanished" data-case="{case}">{sign}</mo>' for case, sign in enumerate("=≈"))
    return numeric.replace("<mo>=</mo>", "".join(signs), 1)


def _cased(
    trace: Trace,
    view: View,
    line: str,
    numeric: str,
    slots: dict[str, np.ndarray],
    filled: Callable[[str, bool], Node],
) -> str:
    """Return a line that shows in each frame only what happened there: a move taken or refused, a member taken over."""
    value, after = ("", "") if is_tour(trace) else ("<x'>", r":\; ")
    tried = FIELDS["trial"].symbol
    if r"\text{ with probability }" in line and np.shape(trace.fields.get("accepted", 0)) == (len(trace),):
        slot, which = "taken", np.asarray(trace.value("accepted"), float)
        stays = (
            rf"x \text{{ stays }} {value},\; {tried} \text{{ refused}}"
            if value
            else rf"x \text{{ stays, }} {tried} \text{{ refused}}"
        )
        cases = [
            _line(stays, filled, trace, numeric=True),
            _line(rf"x \leftarrow {tried}{after}{value}", filled, trace, numeric=True),
        ]
    elif "elite" in trace.fields and "parents" in trace.fields:
        slot, which = "kept", np.asarray(trace.value("elite"), float)[:, _member(trace, view)]
        first = line == trace.optimizer.rule[0]
        said = r"x \text{ lives on, taken over}" + after + value
        cases = [numeric, _line(said, filled, trace, numeric=True) if first else ""]
    else:
        return numeric
    slots[slot] = np.append(which[1:], which[-1:])[:, None]
    parts = (f'<div data-when="{slot}" data-case="{case}">{text}</div>' for case, text in enumerate(cases))
    return f"<div>{''.join(parts)}</div>"


def _is_picture(trace: Trace, slot: str) -> bool:
    """Tell whether a slot is a tour, which is a picture and not a column of cities."""
    field = FIELDS.get(slot.removesuffix("'")) or DISPLAYED.get(slot.removesuffix("'"))
    return is_tour(trace) and field is not None and field.role in ("point", "vector", "members")


def _measured(trace: Trace, line: str) -> str:
    """Return what the numeric line is made from, "" where there are no numbers: on tours a line of lengths.

    A line about tours that has numbers keeps the tours' symbols; of one that has none the tours' lengths are shown. For
    pheromone the distance between the two cities is put in that the line is shown for.
    """
    if not is_tour(trace):
        return line
    if "pheromone" not in trace.fields:
        slots = SLOT.findall(line)
        tours = [slot for slot in slots if _is_picture(trace, slot)]
        others = [slot for slot in slots if slot not in tours and slot.removesuffix("'") not in trace.optimizer.knobs]
        if others or not tours:
            return line if others else ""
        lengths = [
            LENGTHS[name] + "'" * slot.endswith("'") for slot in tours if (name := slot.removesuffix("'")) in LENGTHS
        ]
        return r" \quad ".join(rf"{trace.optimizer.symbol(slot.removesuffix(chr(39)))} = <{slot}>" for slot in lengths)
    distance = trace.landscape.distances[told_edge(trace)]  # type: ignore[attr-defined]
    return line.replace("d_{ij}", f"{float(distance):.4g}")


def _note(trace: Trace, view: View) -> str:
    """Say which member and which coordinates the numbers belong to."""
    parts = ["k: neighbors that may be taken; Δ above 0 leads uphill"] if remembers(trace) else []
    parts += ["the first round has no kick"] if goes_in_rounds(trace) else []
    if is_tour(trace):
        if parts:
            return parts[0]
        if "trial" in trace.fields:
            return f"x{NEXT}: the tour tried"
        if "parents" in trace.fields:
            who = f"{member(trace)} {_member(trace, view) + 1} of {trace.x.shape[1]}"
            return f"{who}, c before it mutates; f: the length of a tour"
        if "visited" in trace.fields:
            return "d: distance, numbers of cities as on the map"
        if "pheromone" not in trace.fields:
            return ""
        i, j = told_edge(trace)
        return f"for the edge {i}–{j}, which the map shows by number"
    if trace.x.ndim == 3:
        who = f"{member(trace)} {_member(trace, view) + 1} of {trace.x.shape[1]}"
        flat = trace.x.shape[-1] > 1 and view.shape == "flat"
        pulled = flat and all(pull in trace.optimizer.arrows for pull in PULLS)
        third = "neighbors' best" if on_ring(trace) else "swarm best"
        told = f": 1 go on, 2 own best, 3 {third}" if pulled else ""
        told = "; v̄: v reflected at the walls; u: each coordinate by chance" if "donors" in trace.fields else told
        parts += [who + told] if "covariance" not in trace.fields else []
    if trace.x.shape[-1] > 2:
        first, second = (subscript(i + 1) for i in view.pair)
        products = "covariance" not in trace.fields and any(RANK[role] > 1 for role in _roles(trace) if role in RANK)
        whole = ", products of all of them" if products else ""
        parts.append(f"coordinates x{first} and x{second} of {trace.x.shape[-1]}{whole}")
    return ", ".join(parts)


def _roles(trace: Trace) -> list[str]:
    """Return the roles of the quantities that the rule names."""
    names = [slot.removesuffix("'") for line in trace.optimizer.rule for slot in SLOT.findall(line)]
    return [field.role for name in names if (field := FIELDS.get(name) or DISPLAYED.get(name))]


def _member(trace: Trace, view: View) -> int:
    return int(np.clip(view.follow, 0, trace.x.shape[1] - 1))


def _value(trace: Trace, name: str, line: str) -> tuple[np.ndarray, int]:
    """Return the array (T, …) of a slot and the number of axes that one value has."""
    field = FIELDS.get(name) or DISPLAYED.get(name)
    if field is None and name not in trace.optimizer.derived:
        raise ValueError(f"the rule line {line!r} has a slot <{name}>, which is no knob, field or derived value")
    if name == "gradient" and "estimate" in trace.fields:
        name = "seen"  # with its noise, as it was in this step
    try:
        array = np.asarray(trace.value(name), float)
    except (KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"the rule line {line!r} has a slot <{name}>, which this run cannot fill: {error}") from error
    return array, RANK.get(field.role, 0) if field else array.ndim - 1


def _cells(trace: Trace, view: View, slot: str, line: str) -> np.ndarray:
    """Return the numbers that a slot shows in each frame: (T, 1), (T, 2) or (T, 4)."""
    name = slot.removesuffix("'")
    array, rank = _value(trace, name, line)
    known = FIELDS.get(name) or DISPLAYED.get(name)
    if known and known.role == "edges":
        array = array[:, *told_edge(trace)]
    if array.ndim == 0:
        array = np.broadcast_to(array, (len(trace),))
    if trace.x.ndim == 3 and array.ndim == rank + 2:
        array = array[:, _member(trace, view)]
    if array.shape[-1:] == trace.x.shape[-1:] and rank and trace.x.shape[-1] > 2:
        pair = list(view.pair)
        array = array[..., pair] if rank == 1 else array[:, pair][..., pair]
    cells = array.reshape(len(array), -1)
    if slot.endswith("'"):
        cells = np.concatenate([cells[1:], np.full_like(cells[:1], np.nan)])
    return cells


@lru_cache(maxsize=256)
def _parsed(latex: str) -> bytes:
    """Return LaTeX as MathML without its namespace."""
    markup = re.sub(r' xmlns="[^"]*"', "", convert(latex))
    return re.sub("<mi>(&#x003C1;|ρ)</mi>", '<mi mathvariant="normal">ρ</mi>', markup).encode()  # in italics it is a ϱ


def _row(latex: str) -> Node:
    """Return LaTeX as an mrow."""
    return ElementTree.fromstring(_parsed(latex))[0]


def _line(line: str, fill: Callable[[str, bool], Node], trace: Trace, numeric: bool) -> str:
    """Return one line of the rule with every slot filled."""
    names = SLOT.findall(line)
    marked = line
    for index, name in enumerate(names):
        marked = marked.replace(f"<{name}>", rf"\text{{slot{index}}}", 1)
    row = _row(marked)
    _color(row, names, trace)
    _replace(row, names, fill)
    becomes = bool(names) and names[0].endswith("'") and len(row) > 1 and row[1].text == "="
    if becomes and (not numeric or _is_picture(trace, names[0])):
        row[1].text = "←"
    if numeric:
        _unfence(row)
        _dots(row)
        row = _broken(row)
        for node in row.iter("mtext"):
            node.attrib.pop("data-width", None)
    math = Node("math", {"displaystyle": "true", "class": "numeric" if numeric else "symbolic"})
    if not numeric:
        math.set("alttext", SLOT.sub(lambda m: _written(trace, m[1].removesuffix("'")), line))
    math.append(row)
    return ElementTree.tostring(math, encoding="unicode", short_empty_elements=False)


def _slot(node: Node, names: list[str]) -> str | None:
    """Return the slot that a placeholder stands for; None for any other element."""
    found = re.fullmatch(r"slot(\d+)", node.text or "") if node.tag == "mtext" else None
    return names[int(found[1])] if found else None


def _replace(parent: Node, names: list[str], fill: Callable[[str, bool], Node]) -> None:
    """Put what `fill` returns in the place of every placeholder; it is told whether a sign may stand there bare."""
    for index, child in enumerate(list(parent)):
        slot = _slot(child, names)
        if slot is None:
            _replace(child, names, fill)
        else:
            before = next((node for node in reversed(parent[:index]) if node.tag != "mspace"), None)
            bare = before is None or before.text in ("=", "(", ",")
            parent[index] = fill(slot, parent.tag in ("mrow", "mtd") and bare)


def _color(row: Node, names: list[str], trace: Trace) -> None:
    """Wrap every term that is drawn as an arrow in an mrow of class "term term-<role>"."""
    terms = _terms(row)
    first = next((i for i, term in enumerate(terms) if len(term) == 1 and term[0].text == "="), -1)
    alone = [[_slot(n, names) for n in term] for term in terms]
    moves = first > 0 and alone[0] == ["x'"] and ["x"] in alone[first:]  # x' = x + the step
    for node in list(row):
        row.remove(node)
    for index, term in enumerate(terms):
        slots = [s for node in term for n in node.iter() if (s := _slot(n, names))]
        role = _role(slots, moves, trace) if index > first else ""
        if role:
            wrapped = Node("mrow", {"class": f"term term-{role}"})
            wrapped.extend(term)
            row.append(wrapped)
        else:
            row.extend(term)


def _terms(row: Node) -> list[list[Node]]:
    """Return the parts of a line: its outer =, + and −, each alone, and what is between them."""
    terms: list[list[Node]] = [[]]
    depth = 0
    for child in row:
        depth += {"(": 1, ")": -1}.get(child.text or "", 0) if child.tag == "mo" else 0
        if child.tag == "mo" and child.text in ("=", "+", "−") and not depth:
            terms += [[child], []]
        else:
            terms[-1].append(child)
    return terms


def _role(slots: list[str], moves: bool, trace: Trace) -> str:
    """Return which arrow a term is: that of its own slot, or the step where it is what is added to x."""
    drawn = [role for name, roles in DRAWN.items() if name in trace.fields for role in roles]
    arrows = {*trace.optimizer.arrows, *drawn}
    computed = {s for line in trace.optimizer.rule for s in SLOT.findall(line.split("=")[0])}
    own = "step" if moves and slots not in ([], ["x"]) and "step" in arrows else ""
    if own and computed & set(slots):
        return own
    roles = [ROLES.get(s.removesuffix("'"), s.removesuffix("'")) for s in slots]
    return next((role for role in roles if role in arrows), own)


def _symbol(trace: Trace, slot: str) -> Node:
    """Return the symbol of a slot."""
    name = slot.removesuffix("'")
    row = _row(_written(trace, name))
    return _tinted(row[0] if len(row) == 1 else row, name)


def _written(trace: Trace, name: str) -> str:
    """Return the LaTeX of a slot's symbol; a number that changes hides the knob which it begins with."""
    return FIELDS[name].symbol if trace.varies(name) else trace.optimizer.symbol(name)


def _tinted(node: Node, name: str) -> Node:
    """Return a slot's element in the color of the sign that the picture has for it, where it has one of its own."""
    if name in SIGNS:
        node.set("class", f"{node.get('class', '')} term term-{SIGNS[name]}".strip())
    return node


def _cell(slot: str, index: int, values: np.ndarray, steady: bool) -> Node:
    """Return one cell, which holds the number of the first frame until it is filled; a steady one keeps its width."""
    cell = Node("mtext", {"class": "cell", "data-slot": slot, "data-cell": str(index)})
    if steady:
        cell.set("style", CELL.format(min(STEADY, int(np.median(_digits(values))))))
    cell.set("data-width", f"{np.quantile(_digits(values), 0.95) * DIGIT:.0f}")
    cell.text = number(values[0])
    return cell


def _digits(values: np.ndarray) -> np.ndarray:
    """Return how many digits' width each number takes, sign and point included."""
    size = np.abs(np.where(np.isfinite(values), values, 1.0))
    power = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    plain = 5 + np.maximum(0, -power)
    return np.where((power < -3) | (power >= 5), 9, plain) + (values < 0)


def _parenthesized(inside: Node) -> Node:
    row = Node("mrow", {"class": "fenced"})
    for text in ("(", ")"):
        fence = ElementTree.SubElement(row, "mo", {"stretchy": "false"})
        fence.text = text
    row.insert(1, inside)
    return row


def _numbers(trace: Trace, slot: str, slots: dict[str, np.ndarray], bare: bool) -> Node:
    """Return the cells of a slot: a number, a column or a 2 × 2 matrix; a knob's value stands as it is."""
    name = slot.removesuffix("'")
    if name in trace.optimizer.knobs and not trace.varies(name):
        constant = Node("mn")
        value = dict(trace.run.knobs)[name]
        constant.text = value.replace("_", " ") if isinstance(value, str) else number(value)
        return constant
    if slot not in slots:
        return _symbol(trace, slot)
    cells = slots[slot]
    nodes = [_cell(slot, i, cells[:, i], cells.shape[1] > 1) for i in range(cells.shape[1])]
    if len(nodes) == 1:
        return _tinted(_parenthesized(nodes[0]) if np.any(cells < 0) and not bare else nodes[0], name)
    columns = 2 if len(nodes) == 4 else 1
    table = Node("mtable", {"class": "matrix" if columns == 2 else "vector", "style": BRACKETS})
    for start in range(0, len(nodes), columns):
        line = ElementTree.SubElement(table, "mtr")
        for node in nodes[start : start + columns]:
            ElementTree.SubElement(line, "mtd", {"style": "padding:1px 2px"}).append(node)
    return _tinted(table, name)


def _unfence(parent: Node) -> None:
    """Take parentheses away from around a column or matrix, which has brackets of its own."""
    for child in parent:
        _unfence(child)
        if len(child) == 3 and child[1].tag == "mtable" and child[0].text == "(" and child[2].text == ")":
            child.remove(child[2])
            child.remove(child[0])


def _is_number(node: Node) -> bool:
    return node.tag == "mn" or "data-slot" in node.attrib or node.get("class") == "fenced"


def _dots(parent: Node) -> None:
    """Put a multiplication dot between two factors that would read as one number."""
    for child in list(parent):
        _dots(child)
    if parent.tag != "mrow":
        return
    for index in range(len(parent) - 1, 0, -1):
        before, here = parent[index - 1], parent[index]
        factor = _is_number(before) or before.tag == "msup" or before.text == ")"
        if here.tag == "mspace" and index + 1 < len(parent) and factor and _is_number(parent[index + 1]):
            parent[index] = _operator("·")
        elif _is_number(here) and factor:
            parent.insert(index, _operator("·"))


def _operator(text: str) -> Node:
    node = Node("mo")
    node.text = text
    return node


def _pixels(node: Node) -> float:
    """Return about how wide an element of a numeric line is, at its widest."""
    if "data-width" in node.attrib:
        return float(node.attrib["data-width"])
    if node.tag == "mtable":
        columns = zip(*([_pixels(cell) + 4 for cell in line] for line in node), strict=True)
        return sum(max(column) for column in columns) + 8
    if len(node):
        return sum(_pixels(child) for child in node) * (0.75 if node.tag == "msup" and len(node[0]) == 0 else 1)
    return DIGIT * 0.85 * len(node.text or "") + (10 if node.text in ("=", "+", "−", "·") else 0)


def _broken(row: Node) -> Node:
    """Return a numeric line that fits the panel: broken before =, +, − or a word where it is too wide."""
    if _pixels(row) <= WIDTH:
        return row
    parts: list[list[Node]] = [[]]
    for term in _terms(row):
        for node in term:
            word = node.tag == "mtext" and "data-slot" not in node.attrib
            sign = node.text in ("=", "+", "−") and term == [node]
            if word or sign:
                parts.append([])
            parts[-1].append(node)
    lines: list[list[Node]] = [[]]
    for part in parts:
        if lines[-1] and sum(map(_pixels, [*lines[-1], *part])) > WIDTH:
            lines.append([])
        lines[-1] += part
    table = Node("mtable", {"class": "lines"})
    for nodes in lines:
        line = ElementTree.SubElement(table, "mtr")
        cell = ElementTree.SubElement(line, "mtd", {"style": "padding:1px 0;text-align:left"})
        ElementTree.SubElement(cell, "mrow").extend(nodes)
        if nodes[0].tag == "mo":
            nodes[0].set("form", "infix")
    return table
