"""Timeframes (thời gian thực hiện): the phrase as printed and its reading. Pure."""

from schedules.timeframe.reader import find_obligations, find_period, read_timeframe
from schedules.timeframe.values import Kind, Obligation, PlanContext, Timeframe

__all__ = [
    "Kind",
    "Obligation",
    "PlanContext",
    "Timeframe",
    "find_obligations",
    "find_period",
    "read_timeframe",
]
