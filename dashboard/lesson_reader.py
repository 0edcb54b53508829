"""Lessons: Markdown files with live experiments, questions and prompts in them, read and checked line by line.

A lesson is one file, `<id>.md`, in assets/lessons or in a folder named at start. It begins with a front matter: title,
chapter, goal, minutes and, if it is not the first of its chapter, order, between two lines of ---. Every `## Heading`
begins a screen: text, at most one ```experiment, at most one ```question about it, and any number of ```try. A block
holds lines `key = value`; a value may go on in indented lines. What stands above the question, or above the experiment
where nothing is asked, is read first; what stands below it belongs to the explanation. A file that cannot be read says
which line is wrong and what is allowed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from algorithms import LANDSCAPES, OPTIMIZERS, Run
from algorithms.knob import number_in, short, suggestion
from dashboard.charts.view import View
from dashboard.lesson import (
    CHAPTERS,
    POINTS,
    QUANTITIES,
    Experiment,
    Lesson,
    Question,
    Screen,
    Tolerance,
    Try,
    placed,
    turnable,
)

FRONT = ("title", "chapter", "goal", "minutes")
COUNTS = {"chapter": len(CHAPTERS), "minutes": 120, "order": 99}  # whole numbers of the front matter, and the largest
BLOCKS = ("experiment", "question", "try")
VIEWS = tuple(f"view.{name}" for name in ("scale", "shape", "axis", "follow", "pair", "large", "hide"))
KINDS = {"choice": "answer", "number": "within", "point": "within"}  # what makes a question, and what it needs besides


class LessonError(ValueError):
    """A lesson that cannot be read: which lesson, which line, what is wrong and what is allowed."""


@dataclass(frozen=True)
class Entry:
    """One `key = value` of a block, and its line in the file."""

    key: str
    text: str
    line: int


class Reader:
    """Reads one lesson; every complaint names lesson and line."""

    def __init__(self, id: str) -> None:
        self.id = id

    def fail(self, line: int, what: str) -> LessonError:
        """Return the error to raise."""
        return LessonError(f"lesson {self.id}, line {line}: {what}")

    def lesson(self, text: str) -> Lesson:
        """Return the lesson that a file's text describes; LessonError says what is wrong with it."""
        lines = text.splitlines()
        if not lines or lines[0].strip() != "---":
            raise self.fail(1, f"a lesson begins with a line ---, then {', '.join(FRONT)}, then a line ---")
        try:
            end = next(i for i, line in enumerate(lines) if i and line.strip() == "---")
        except StopIteration:
            raise self.fail(1, "the front matter has no second line ---") from None
        front = self.front(lines[1:end], end + 1)
        return Lesson(self.id, screens=self.screens(lines, end + 1), **front)

    def front(self, lines: Sequence[str], end: int) -> dict[str, Any]:
        """Return title, chapter, goal and minutes, and the order within the chapter where it is given."""
        found: dict[str, str] = {}
        for number, line in enumerate(lines, 2):
            key, colon, value = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not colon or key not in (*FRONT, *COUNTS):
                raise self.fail(number, self.unknown(key, (*FRONT, *COUNTS)))
            if key in found or not value:
                raise self.fail(number, f"{key!r} is {'written twice' if key in found else 'empty'}")
            found[key] = value
            counts = value.isascii() and value.isdigit()
            if (most := COUNTS.get(key)) and not (counts and 1 <= int(value[:9]) <= most):
                raise self.fail(number, f"{key} is a whole number from 1 to {most}, not {short(value)}")
        if missing := [key for key in FRONT if key not in found]:
            raise self.fail(end, f"the front matter lacks {', '.join(missing)}; it needs {', '.join(FRONT)}")
        return {key: int(value) if key in COUNTS else value for key, value in found.items()}

    def screens(self, lines: Sequence[str], first: int) -> tuple[Screen, ...]:
        """Return the screens; a ## inside of a fenced block begins none."""
        cuts, fence = [], ""
        for i in range(first, len(lines)):
            mark = _fence(lines[i])
            if fence:
                fence = "" if mark.startswith(fence) and lines[i].strip() == mark else fence
            elif mark:
                fence = mark
            elif re.match(r"#(?!#)", lines[i]):
                raise self.fail(i + 1, "a lesson's title stands in its front matter; a screen begins with ## Heading")
            elif re.match(r"##(?!#)", lines[i]):
                cuts.append(i)
        if not cuts:
            raise self.fail(len(lines), "there is no screen; each begins with a line ## Heading")
        if stray := next((i for i in range(first, cuts[0]) if lines[i].strip()), None):
            raise self.fail(stray + 1, "text before the first screen; a screen begins with ## Heading")
        return tuple(self.screen(lines, a, b) for a, b in zip(cuts, [*cuts[1:], len(lines)], strict=True))

    def screen(self, lines: Sequence[str], first: int, end: int) -> Screen:
        """Return the screen whose heading is lines[first]."""
        heading = lines[first].lstrip("#").strip()
        if not heading:
            raise self.fail(first + 1, "a screen needs a heading, ## Heading")
        above: list[str] = []
        below: list[str] = []
        experiment: Experiment | None = None
        asked: tuple[list[Entry], int] | None = None
        tries: list[tuple[list[Entry], int]] = []
        i = first + 1
        while i < end:
            mark = _fence(lines[i])
            name = lines[i].strip()[len(mark) :].strip() if mark else ""
            if not mark:
                below.append(lines[i])
                i += 1
                continue
            closing = next((j for j in range(i + 1, end) if lines[j].strip() == mark), None)
            if closing is None:
                raise self.fail(i + 1, f"the block is never closed; end it with a line {mark}")
            line, i = i + 1, closing + 1
            if name not in BLOCKS:
                if near := _near(name, BLOCKS):
                    raise self.fail(line, f"unknown block {name!r}; did you mean {near!r}?")
                below += lines[line - 1 : i]  # a listing, for the reader alone
                continue
            entries = self.entries(lines, line, closing)
            if name == "experiment":
                if experiment is not None:
                    raise self.fail(line, "a second experiment on one screen; begin another screen with ## Heading")
                experiment = self.experiment(entries, line)
            elif name == "question":
                if asked is not None or experiment is None:
                    what = "a second question on one screen" if asked else "a question before its experiment"
                    raise self.fail(line, f"{what}; a screen has one experiment, then one question about it")
                asked = entries, line
            else:
                tries.append((entries, line))
            if name != "try":  # what was read so far is read first
                above, below = above + below, []
        question = None
        if asked and experiment:
            question = self.question(*asked, experiment)
        return Screen(
            heading,
            "\n".join(above if experiment else below).strip(),
            experiment,
            question,
            "\n".join(below).strip() if experiment else "",
            tuple(self.attempt(entries, line, experiment) for entries, line in tries),
        )

    def entries(self, lines: Sequence[str], first: int, end: int) -> list[Entry]:
        """Return the keys and values of a block, lines[first:end]; indented lines go on with the value before."""
        found: list[Entry] = []
        gap = "\n"
        for i in range(first, end):
            line = lines[i]
            if not line.strip():
                gap = "\n\n"
                continue
            if line[0].isspace() and found:
                last = found.pop()
                found.append(Entry(last.key, f"{last.text}{gap}{line.strip()}".strip(), last.line))
            else:
                key, equals, value = (part.strip() for part in line.partition("="))
                if not equals or not key:
                    raise self.fail(i + 1, f"expected 'key = value', not {short(line.strip())}; indent what goes on")
                found.append(Entry(key, value, i + 1))
            gap = "\n"
        if not found:
            raise self.fail(first, "the block is empty")
        return found

    def once(self, entries: Iterable[Entry], several: str = "") -> dict[str, Entry]:
        """Return the entries by key; only `several` may be written more than once, and none may be empty."""
        found: dict[str, Entry] = {}
        for entry in entries:
            if not entry.text:
                raise self.fail(entry.line, f"{entry.key!r} is empty")
            if entry.key in found and entry.key != several:
                raise self.fail(entry.line, f"{entry.key!r} is written twice")
            found[entry.key] = entry
        return found

    def unknown(self, key: str, allowed: Sequence[str]) -> str:
        """Return what to say of a key that means nothing."""
        allowed = tuple(dict.fromkeys(allowed))
        near = _near(key, allowed)
        meant = f"did you mean {near!r}? Allowed" if near else "allowed"
        return f"unknown key {short(key)}; {meant}: {', '.join(allowed)}"

    def experiment(self, entries: list[Entry], line: int) -> Experiment:
        """Return the experiment of a block; every value must be allowed as it is written."""
        found = self.once(entries)
        query: dict[str, str] = {}
        for key, known in (("landscape", LANDSCAPES), ("optimizer", OPTIMIZERS)):
            if key not in found:
                missing = f"an experiment needs a landscape and an optimizer; {key} is missing"
                near = next((entry for entry in entries if _near(entry.key, (key,))), None)
                raise self.fail(near.line, self.unknown(near.key, (key,))) if near else self.fail(line, missing)
            id = found[key].text
            if id not in known:
                raise self.fail(found[key].line, f"unknown {key} {short(id)}{suggestion(id, known)}".rstrip("."))
            query[key] = id
        _, notes = Run.from_query(query)
        if notes:
            raise self.fail(found["optimizer"].line, _complaint(notes))
        allowed = turnable(query)
        query |= self.values([e for e in found.values() if e.key not in (*query, "knobs")], query, allowed, ("knobs",))
        run, view = Run.from_query(query)[0], View.from_query(query)[0]
        front = [name for name, knob in OPTIMIZERS[query["optimizer"]].knobs.items() if not knob.aside]
        knobs = tuple(key for name in front if (key := f"{query['optimizer']}.{name}") in allowed)
        if "knobs" in found:
            knobs = tuple(key.strip() for key in found["knobs"].text.split(",") if key.strip())
            for key in knobs:
                if key not in allowed:
                    raise self.fail(found["knobs"].line, self.unknown(key, allowed))
        return Experiment(run, view, knobs)

    def values(
        self, entries: Iterable[Entry], base: Mapping[str, str], allowed: Sequence[str], more: Sequence[str] = ()
    ) -> dict[str, str]:
        """Return what the entries set on top of `base`, each of them checked as a link would be."""
        written: dict[str, str] = {}
        for entry in entries:
            if entry.key not in (*allowed, *VIEWS):
                raise self.fail(entry.line, self.unknown(entry.key, (*base, *allowed, *more, *VIEWS)))
            text = entry.text.replace("−", "-").replace("\n", " ")
            text = text.replace(" ", "") if entry.key in ("start", "view.pair") else text
            written[entry.key] = text
            query = {**base, **written} if "start" in written else placed({**base, **written}, written)
            notes = Run.from_query(query)[1] + View.from_query({entry.key: text})[1]
            if notes:
                raise self.fail(entry.line, _complaint(notes))
        return written

    def question(self, entries: list[Entry], line: int, experiment: Experiment) -> Question:
        """Return the question of a block."""
        allowed = ("ask", *KINDS, *sorted(set(KINDS.values())), "because")
        for entry in entries:
            if entry.key not in allowed:
                raise self.fail(entry.line, self.unknown(entry.key, allowed))
        found = self.once(entries, several="choice")
        kinds = [key for key in KINDS if key in found]
        if len(kinds) != 1:
            raise self.fail(line, f"a question offers choices, or asks for a number, or for a point: one of these, "
                                  f"not {' and '.join(kinds) or 'none'}")  # fmt: skip
        kind = kinds[0]
        needed = ("ask", kind, KINDS[kind], "because")
        if missing := [key for key in needed if key not in found]:
            raise self.fail(line, f"the question lacks {', '.join(missing)}; it needs {', '.join(needed)}")
        if idle := [key for key in found if key not in needed]:
            raise self.fail(found[idle[0]].line, f"{idle[0]!r} has no place here; allowed: {', '.join(needed)}")
        choices = tuple(entry.text for entry in entries if entry.key == "choice")
        ask, because = found["ask"].text, found["because"].text
        if kind == "choice":
            answer = found["answer"]
            if len(choices) < 2 or len(set(choices)) < len(choices):
                raise self.fail(found["choice"].line, "a question needs at least two choices, no two alike")
            if answer.text not in choices:
                listed = "; ".join(choices)
                raise self.fail(answer.line, f"the answer must be one of the choices: {listed}")
            return Question(ask, kind, choices, answer.text, "", None, because)
        target, known = found[kind], QUANTITIES if kind == "number" else POINTS
        if target.text not in known:
            raise self.fail(target.line, f"a {kind} is one of {', '.join(known)}, not {short(target.text)}")
        ground = experiment.run.make_landscape()
        tours = ground.kind == "tours"
        if (kind == "point" and tours) or (target.text == "length" and not tours):
            raise self.fail(target.line, f"{target.text!r} cannot be asked on {ground.name}")
        if target.text == "last x" and (
            ground.dimension > 1 or OPTIMIZERS[experiment.run.optimizer].population is not None
        ):
            raise self.fail(target.line, "'last x' is asked of one point in one dimension; ask for a point instead")
        return Question(ask, kind, (), "", target.text, self.tolerance(found["within"], kind), because)

    def tolerance(self, entry: Entry, kind: str) -> Tolerance:
        """Return how exact an answer must be: "20 %", "factor 3" or "0.5"; for a point only a distance."""
        form = re.fullmatch(r"(factor)?\s*([0-9.eE+-]+)\s*(%)?", entry.text)
        size = number_in(form[2]) if form else None
        which = "factor" if form and form[1] else "percent" if form and form[3] else "difference"
        fits = form is not None and size is not None and size > (which == "factor") and not (form[1] and form[3])
        if not fits or (kind == "point" and which != "difference"):
            allowed = "a distance, as in 0.5" if kind == "point" else "as in 20 %, factor 3, or 0.5"
            raise self.fail(entry.line, f"within must be {allowed}; got {short(entry.text)}")
        assert size is not None
        return Tolerance(which, float(size))

    def attempt(self, entries: list[Entry], line: int, experiment: Experiment | None) -> Try:
        """Return the prompt of a block and what its link sets."""
        found = self.once(entries)
        if "prompt" not in found:
            raise self.fail(line, "a try needs a prompt")
        prompt = found.pop("prompt").text
        if experiment is None:
            raise self.fail(line, "a try needs an experiment on its screen")
        ids = {key: found.pop(key) for key in ("landscape", "optimizer") if key in found}
        base = Try(prompt, {key: entry.text for key, entry in ids.items()}).query(experiment.run)
        if ids:
            notes = Run.from_query(base)[1]
            if notes:
                raise self.fail(next(iter(ids.values())).line, _complaint(notes))
        pair = {key: base[key] for key in ("landscape", "optimizer")}
        changes = self.values(found.values(), base, turnable(pair), ("prompt",))
        return Try(prompt, {key: pair[key] for key in ids} | changes)


def _fence(line: str) -> str:
    """Return the backticks or tildes that open or close a block; "" where a line is no fence."""
    found = re.match(r" {0,3}(`{3,}|~{3,})", line)
    return found[1] if found else ""


def _complaint(notes: Sequence[str]) -> str:
    """Return what a link's repairs complain of, without what was used instead: here nothing is."""
    return re.split(r" (?=Using (the|[A-Z]))", notes[0])[0]


def _near(name: str, known: Iterable[str]) -> str:
    """Return the known name that a misspelled one most likely means, or ""."""
    hint = re.search(r"did you mean '([^']*)'", suggestion(name, dict.fromkeys(known)))
    return hint[1] if hint and name not in known else ""
