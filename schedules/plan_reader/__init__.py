"""Official plan documents (kế hoạch) read into values, every problem listed. Pure."""

from schedules.plan_reader.document import PlanDocument
from schedules.plan_reader.files import read_plan_bytes, read_plan_file
from schedules.plan_reader.reader import read_blocks, read_plan
from schedules.plan_reader.source import SourceLine, SourceTable, TableRow

__all__ = [
    "PlanDocument",
    "SourceLine",
    "SourceTable",
    "TableRow",
    "read_blocks",
    "read_plan",
    "read_plan_bytes",
    "read_plan_file",
]
