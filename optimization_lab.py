"""Optimization Lab. Streamlit looks for a component beside the module named after its distribution: this one.

The component itself is declared in pyproject.toml and lives in dashboard/player.
"""
