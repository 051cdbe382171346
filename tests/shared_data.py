"""Where the plans and data stand that are shared with the checkout but are no part of it."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve()
SHARED = next(
    (folder / "shared" for folder in _HERE.parents if (folder / "shared" / "plans").is_dir()),
    _HERE.parents[1] / "shared",
)
"""In the nearest folder above the checkout that has it; a folder that is not there otherwise."""
PLANS = SHARED / "plans"
TRUTH = SHARED / "data" / "plan_truth"
