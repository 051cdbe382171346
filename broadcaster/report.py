"""Evidence → a report: every figure of a period with the records that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from broadcaster import evidence, plans
from broadcaster.app import App
from broadcaster.as_run import FORMS
from broadcaster.completion import State, TaskResult, result_of
from broadcaster.evidence import Head
from broadcaster.periods import Period, days_of
from broadcaster.tally import Count, Tally, tally
from content.errors import UserError
from content.topics import all_topics, topic_codes
from schedules.plan import Plan
from schedules.plan_reader.channels import all_channels

ONLINE = frozenset({"facebook", "zalo", "portal", "chatbot", "social"})
"""Online forms (trực tuyến); every other one is traditional (truyền thống)."""
_OTHER_FORMS = "Hình thức khác"
_BY_HAND = {"manual": "Minh chứng nhập tay"}


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown: what it is called, and its count."""

    key: str
    label: str
    count: Count


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report of one period may say. The same evidence gives the same value."""

    station: str
    parent: str
    place: str
    period: Period
    cutoff: date
    """The last day counted: the period's end, or today in a period that has not ended."""
    plan: Plan | None
    head: Head
    """The end of the evidence chain that was counted."""
    tally: Tally
    topics: tuple[Group, ...]
    forms: tuple[Group, ...]
    channels: tuple[Group, ...]
    months: tuple[Group, ...]
    classes: tuple[Group, ...]
    """Online and traditional."""
    sounds: tuple[Group, ...]
    """How what was heard over the loudspeakers was made: a voice, a recording, a relay."""
    tasks: tuple[TaskResult, ...]
    outside: tuple[int, ...]
    """Records of outputs that belong to no task of the plan."""

    @property
    def counted(self) -> tuple[TaskResult, ...]:
        """The tasks that the period asks for."""
        return tuple(task for task in self.tasks if task.counted)

    @property
    def done(self) -> tuple[TaskResult, ...]:
        return tuple(task for task in self.tasks if task.state is State.DONE)

    @property
    def is_empty(self) -> bool:
        return not self.tally.total.seqs


def make_report(
    app: App,
    period: Period,
    plan_id: int | None = None,
    on_records: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Count the period. Raises UserError for an unknown plan, or when several would fit."""
    plan = _plan(app, plan_id, period)
    days = days_of(plan)
    today = app.clock.now().astimezone(app.zone).date()
    with app.database.reading() as session:
        tasks = plans.tasks_of(session, plan) if plan else []
        head = evidence.head(session, app.station_id)
        counted = tally(
            session,
            app.station_id,
            period,
            app.zone,
            head,
            since=days.start if days else None,
            on_records=on_records,
            topics={task.key: topic_codes(task.content)[0] for task in tasks},
        )
    cutoff = min(period.end, today)
    results = tuple(
        result_of(task, counted.by_task.get(task.no, ()), period, cutoff, days, app.channels)
        for task in tasks
    )
    of_tasks = {one.seq for task in results for one in task.outputs}
    return Report(
        station=app.station.name,
        parent=app.station.parent or "",
        place=app.station.place or "",
        period=period,
        cutoff=cutoff,
        plan=plan,
        head=head,
        tally=counted,
        topics=_groups(counted.by_topic, topic_label),
        forms=_forms(counted.by_channel, plan),
        channels=_groups(counted.by_channel, channel_label),
        months=_months(counted.by_month, cutoff),
        classes=_classes(counted.by_channel),
        sounds=_groups(counted.by_form, lambda form: FORMS[form].lower().replace("tts", "TTS")),
        tasks=results,
        outside=tuple(seq for seq in counted.total.seqs if seq not in of_tasks),
    )


def channel_label(name: str) -> str:
    """ "Truyền thanh cơ sở"; the name itself for a channel that nobody has named."""
    known = all_channels().get(name)
    return known.label if known else _BY_HAND.get(name, name)


def topic_label(code: str) -> str:
    """A topic's Vietnamese name; the word itself where it is no code of ours."""
    return next((one.name for one in all_topics() if one.code == code), code)


def merged(counts: Iterable[Count]) -> Count:
    """Several counts of different outputs as one."""
    several = list(counts)
    days = [day for one in several for day in one.read]
    return Count(
        tuple(sorted(seq for one in several for seq in one.seqs)),
        frozenset[int]().union(*(one.bulletins for one in several)),
        round(sum(one.seconds for one in several), 3),
        sum(one.reach for one in several),
        tuple(sorted(seq for one in several for seq in one.told)),
        sum(one.views for one in several),
        tuple(sorted(seq for one in several for seq in one.viewed)),
        sum(one.reactions for one in several),
        tuple(sorted(seq for one in several for seq in one.reacted)),
        (min(days), max(days)) if days else (),
    )


def _plan(app: App, plan_id: int | None, period: Period) -> Plan | None:
    """The plan asked for, or the only one whose days touch the period."""
    if plan_id is not None:
        return plans.get_plan(app, plan_id).plan
    fitting = [one for one in plans.all_plans(app) if _touches(one, period)]
    if len(fitting) > 1:
        named = "; ".join(f"{one.id}: {one.title or one.source_name}" for one in fitting)
        raise UserError(
            f"Có {len(fitting)} kế hoạch trong {period.words} ({named}).",
            "Hãy chọn một kế hoạch: --plan SỐ.",
        )
    return fitting[0] if fitting else None


def _touches(plan: Plan, period: Period) -> bool:
    days = days_of(plan)
    return days is None or (days.start <= period.end and period.start <= days.end)


def _groups(counts: Mapping[str, Count], label: Callable[[str], str]) -> tuple[Group, ...]:
    return tuple(Group(key, label(key), count) for key, count in counts.items())


def _forms(by_channel: Mapping[str, Count], plan: Plan | None) -> tuple[Group, ...]:
    """The plan's own forms, each channel under the first that names it; the rest together."""
    forms = plan.document.get("forms") or [] if plan else []
    left = dict(by_channel)
    groups = []
    for form in forms:
        names = [name for name in form.get("channels") or () if name in left]
        count = merged(left.pop(name) for name in names)
        groups.append(Group(str(form["no"]), str(form["text"]).rstrip(" .;"), count))
    if left or not groups:
        groups.append(Group("other", _OTHER_FORMS, merged(left.values())))
    return tuple(groups)


def _classes(by_channel: Mapping[str, Count]) -> tuple[Group, ...]:
    online = [count for name, count in by_channel.items() if name in ONLINE]
    traditional = [count for name, count in by_channel.items() if name not in ONLINE]
    return (
        Group("online", "Trực tuyến", merged(online)),
        Group("traditional", "Truyền thống", merged(traditional)),
    )


def _months(by_month: Mapping[str, Count], cutoff: date) -> tuple[Group, ...]:
    """Every month that has begun; a later one only if, against all clocks, it has something."""
    begun = {
        name: count for name, count in by_month.items() if count.seqs or name <= f"{cutoff:%Y-%m}"
    }
    return _groups(begun, _month_label)


def _month_label(name: str) -> str:
    year, _, month = name.partition("-")
    return f"Tháng {int(month)}/{year}"
