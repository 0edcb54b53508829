"""Lessons: all of them by chapter, or one screen of one of them."""

from dashboard import lesson_view, lessons, visit

shelf = lessons.lessons()
here = visit.sync(shelf)
lesson_view.notes()
if here is None:
    lesson_view.contents(shelf)
else:
    lesson_view.screen(here, shelf)
