"""WHEN and WHERE: plans, timeframes, timetables, the week and its printed forms."""
