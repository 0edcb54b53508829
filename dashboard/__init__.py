"""Optimization Lab, the dashboard: pages, pictures, player and server around the package `algorithms`."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def place(name: str) -> Path:
    """The folder `pages` or `assets`: inside the package when installed from a wheel, beside it in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
