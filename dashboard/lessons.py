"""The files of the lessons: in the lab's own folder and in those named at start, read anew when they change."""

import os
import re
from pathlib import Path

from algorithms.knob import short
from dashboard import place
from dashboard.lesson import CHAPTERS, Broken, Lesson
from dashboard.lesson_reader import LessonError, Reader

FOLDERS = "OPTIMIZATION_LAB_LESSONS"  # the environment variable that names further folders
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LARGEST, MOST = 200_000, 200  # bytes of a file, files of a folder

_read: dict[Path, tuple[tuple[int, int], Lesson | Broken]] = {}


def folders() -> list[Path]:
    """Return where lessons are looked for: the lab's own folder, then those named at start."""
    return [
        place("assets") / "lessons",
        *(Path(text) for text in os.environ.get(FOLDERS, "").split(os.pathsep) if text),
    ]


def lessons() -> dict[str, Lesson | Broken]:
    """Return all lessons by id, chapter by chapter, read anew where a file has changed; the broken ones come last."""
    found: dict[str, Lesson | Broken] = {}
    for folder in folders():
        for file in sorted(folder.glob("*.md"))[:MOST] if folder.is_dir() else ():
            if file.name != "README.md":
                lesson = read(file)
                twice = lesson.id in found
                name = f"{lesson.id} (again)" if twice else lesson.id
                why = f"lesson {lesson.id}: another folder has a lesson of this name; rename one of the files"
                found[name] = Broken(name, why) if twice else lesson
    return dict(sorted(found.items(), key=lambda pair: _place(pair[1])))


def _place(lesson: Lesson | Broken) -> tuple[int, int, str]:
    """Return what lessons are sorted by."""
    if isinstance(lesson, Broken):
        return len(CHAPTERS) + 1, 1, lesson.id
    return lesson.chapter, lesson.order, lesson.title


def read(file: Path) -> Lesson | Broken:
    """Return the lesson in a file, kept until the file changes; whatever is wrong with it becomes its problem."""
    id = file.stem[:80]
    try:
        status = file.stat()
        stamp = status.st_mtime_ns, status.st_size
        if file in _read and _read[file][0] == stamp:
            return _read[file][1]
        with file.open("rb") as opened:
            _read[file] = stamp, parsed(id, opened.read(LARGEST + 1))
    except OSError as problem:
        return Broken(id, f"lesson {id} cannot be read: {problem.strerror}")
    return _read[file][1]


def parsed(id: str, content: bytes) -> Lesson | Broken:
    """Return the lesson that a file's bytes describe, or what is wrong with them."""
    try:
        if not NAME.fullmatch(id):
            raise LessonError(f"lesson {short(id)}: a file name has small letters a–z, digits and hyphens alone")
        if len(content) > LARGEST:
            raise LessonError(f"lesson {id} is too long: at most {LARGEST // 1000} kB")
        return Reader(id).lesson(content.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        return Broken(id, f"lesson {id}, line {line}: a lesson is text in UTF-8")
    except LessonError as problem:
        return Broken(id, str(problem))
