"""The vendors' codes by meaning, code by code, and every row readable for an officer."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import ChannelError, ErrorKind, OutcomeUnknown
from channels.error_table import UNKNOWN, Meaning, load_table

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)

FACEBOOK = {
    UNKNOWN: [1, 2, 506, 99999, (100, 1366051), (324, 1366051), (2, 1363047), (100, 1609010)],
    "defer": [4, 17, 32, 341, 613, 80001, 368, (368, 1390008), (368, 1404112)],
    "reauthorise": [10, 102, 190, 200, 230, 299]
    + [(190, sub) for sub in (458, 459, 460, 463, 464, 467, 492, 490, 12345)]
    + [(200, 1404078), (368, 4854002), (1, 1404006)],
    "fix_content": [
        *(100, 324, 1609005, (100, 1609005), (324, 1366046), (100, 1366046)),
        *((368, 1346003), (100, 1404102), (100, 1609008), (100, 2061006), (1, 1349125)),
    ],
    "stop": [2635, (100, 33)],
}
ZALO = {
    UNKNOWN: [-200, -1, -99999],
    "retry": [-32, -100, -214],
    "defer": [-211, -218, -234],
    "reauthorise": [-216, -220, -219],
    "fix_content": [-201, -210, -233, -248],
    "skip_target": [-213, -217, -227, -230, -232, -244, -403],
    "stop": [
        *(-204, -205, -209, -212, -221, -223, -224, -235, -237, -238),
        *(-240, -241, -242, -320, -321),
    ],
}
OAUTH = {"stop": [-14003, -14004], "reauthorise": [-14020], "retry": [-14001, 0]}


def _cases() -> list[tuple[str, int, int | None, str]]:
    cases = []
    for table, kinds in (
        ("facebook_errors", FACEBOOK),
        ("zalo_errors", ZALO),
        ("zalo_oauth_errors", OAUTH),
    ):
        for kind, codes in kinds.items():
            for code in codes:
                number, subcode = code if isinstance(code, tuple) else (code, None)
                cases.append((table, number, subcode, kind))
    return cases


@pytest.mark.parametrize(("table", "code", "subcode", "kind"), _cases())
def test_each_code_has_its_meaning(table: str, code: int, subcode: int | None, kind: str) -> None:
    assert load_table(table).meaning(code, subcode).kind == kind


def test_every_row_of_the_tables_is_tried_above() -> None:
    tried = {(table, code, subcode) for table, code, subcode, _ in _cases()}
    for name in ("facebook_errors", "zalo_errors", "zalo_oauth_errors"):
        for code, subcode in load_table(name).rows:
            assert any(
                (name, subcode) == (table, other_subcode) and code in (None, other)
                for table, other, other_subcode in tried
            ), (name, code, subcode)


def test_an_unlisted_subcode_has_the_meaning_of_its_code() -> None:
    table = load_table("facebook_errors")
    assert table.meaning(190, 1) == table.meaning(190)


@pytest.mark.parametrize("name", ["facebook_errors", "zalo_errors", "zalo_oauth_errors"])
def test_every_message_is_a_vietnamese_sentence_that_says_enough(name: str) -> None:
    table = load_table(name)
    rows = [*table.rows.values(), *(row for _, _, row in table.ranges), table.other]
    for row in rows:
        assert row.message.endswith(".")
        assert unicodedata.is_normalized("NFC", row.message)
        assert any(ord(letter) > 0x1E9F for letter in row.message), row.message
        if row.kind in ("reauthorise", "stop", "fix_content"):
            assert "hãy" in row.message.casefold(), row.message


def test_a_deferring_row_says_until_when() -> None:
    row = Meaning("defer", "Chờ.", minutes=5)
    own, asked = row.error("4", NOW, {}), row.error("4", NOW, {}, timedelta(minutes=50))
    assert isinstance(own, ChannelError)
    assert isinstance(asked, ChannelError)
    assert own.until == NOW + timedelta(minutes=5)
    assert asked.until == NOW + timedelta(minutes=50)


def test_an_unknown_row_is_an_unknown_outcome_and_others_keep_their_code() -> None:
    assert isinstance(Meaning(UNKNOWN, "x").error("2", NOW, {}), OutcomeUnknown)
    stopped = Meaning("stop", "x").error("-224", NOW, {})
    assert isinstance(stopped, ChannelError)
    assert (stopped.kind, stopped.code, stopped.until) == (ErrorKind.STOP, "-224", None)
