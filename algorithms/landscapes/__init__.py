"""Landscapes: functions that each make one Landscape, entered in the registry by their decorator."""
