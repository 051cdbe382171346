"""A channel without a wire: keeps what was delivered, fails as it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from channels.base import (
    Artefact,
    Health,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
)


class FakeChannel:
    """Publishes into `outside`; the next deliveries raise what stands in `faults`."""

    can_find = True
    absence_is_proof = False
    lead = timedelta(0)
    simulated = False

    def __init__(self, name: str = "facebook", targets: Sequence[str] = ("page",)) -> None:
        self.name = name
        self._targets = tuple(Target(name, one) for one in targets)
        self.outside: list[str] = []
        self.links: list[str | None] = []
        """The link of each preparation, in order."""
        self.permalink: str | None = None
        """References that the outside world has, in order."""
        self.faults: list[Exception] = []
        self.publish_before_fault = False
        self.find_faults: list[Exception] = []
        self.finds = 0
        self.problems: tuple[str, ...] = ()
        self.seen: list[Sending] = []
        self.on_deliver = lambda: None
        self.on_prepare: Callable[[], object] = lambda: None
        """Called once, by the next `prepare`."""
        self.edition = ""

    def targets(self) -> Sequence[Target]:
        return self._targets

    def prepare(self, outgoing: Outgoing) -> Prepared:
        self.links.append(outgoing.link)
        act, self.on_prepare = self.on_prepare, lambda: None
        act()
        text = f"{outgoing.title}\n{outgoing.body}\n{outgoing.reference}{self.edition}"
        payload = Artefact("payload.txt", "text/plain", text.encode())
        return Prepared(self.name, text, payload, problems=self.problems)

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        self.seen.append(sending)
        self.on_deliver()
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.publish_before_fault:
            self.outside.append(sending.reference)
        if fault is not None:
            raise fault
        return self._receipt(sending)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        self.finds += 1
        if self.find_faults:
            raise self.find_faults.pop(0)
        return self._receipt(sending) if sending.reference in self.outside else None

    def preview(self, prepared: Prepared) -> Artefact:
        return prepared.payload

    def tidy(self, before: datetime) -> int:
        return 0

    def check(self) -> Sequence[Health]:
        return [Health("fake", ok=True, message="tốt")]

    def _receipt(self, sending: Sending) -> Receipt:
        answer = Artefact("answer.json", "application/json", sending.reference.encode())
        return Receipt(
            external_id=f"id-{sending.reference}", permalink=self.permalink, artefacts=(answer,)
        )


def unknown() -> OutcomeUnknown:
    return OutcomeUnknown("mất kết nối sau khi gửi")
