"""A person's word about an unknown delivery is kept where the channel reads it."""

from __future__ import annotations

from broadcaster.records import DeliveryStatus as Status
from broadcaster.records import DeliveryStep
from channels.base import SAID_NOT_SENT
from tests.broadcaster.test_takedowns import Portal, portal, set_status

__all__ = ["portal"]


def said(portal: Portal) -> str | None:
    with portal.app.database.reading() as session:
        step = session.get(DeliveryStep, (1, SAID_NOT_SENT))
    return step.value if step is not None else None


def test_each_time_somebody_says_not_sent_is_counted(portal: Portal) -> None:
    for times in ("1", "2"):
        set_status(portal, Status.UNKNOWN)
        portal.desk.ok("broadcast", "settle", "1", "--not-sent")
        assert said(portal) == times


def test_the_word_that_it_went_out_is_no_such_word(portal: Portal) -> None:
    set_status(portal, Status.UNKNOWN)
    portal.desk.ok("broadcast", "settle", "1", "--sent", "https://anbinh.example.vn/1")
    assert said(portal) is None
