"""Optimizers: one file each, entered in the registry by their decorator."""
