"""The same targets under atheris, which follows the code's branches.

`python -m tests.fuzz.coverage_guided TARGET [libFuzzer options]`; needs the extra `fuzz`.
"""

from __future__ import annotations

import sys


def main() -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("Skipped: atheris is not installed (pip install -e '.[fuzz]'; Linux, x86-64).")
    with atheris.instrument_imports(include=["broadcaster", "channels", "content", "schedules"]):
        from tests.fuzz.__main__ import tried
        from tests.fuzz.targets import TARGETS
    target = sys.argv.pop(1)
    if target not in TARGETS:
        sys.exit(f"One of: {', '.join(TARGETS)}")

    def one(data: bytes) -> None:
        if (what := tried(target, data)) is not None:
            raise RuntimeError(what)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
