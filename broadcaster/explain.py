"""`report --explain` and the JSON: each figure of a report with its rule and its records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from broadcaster.figures import figures_of
from broadcaster.papers.paper import Figure, Paper
from broadcaster.report import Group, Report
from broadcaster.tally import Output, Told


def explained(paper: Paper) -> Iterator[Figure]:
    """Every figure that the paper prints, in reading order, each once."""
    seen: set[str] = set()
    for figure in paper.figures():
        if figure.key not in seen:
            seen.add(figure.key)
            yield figure


def figure_json(figure: Figure) -> dict[str, Any]:
    """One figure with what it rests on."""
    return {
        "key": figure.key,
        "shown": figure.shown,
        "value": figure.value,
        "rule": figure.rule,
        "evidence": list(figure.seqs),
        "rows": list(figure.rows),
    }


def report_json(report: Report) -> dict[str, Any]:
    """The whole report for other programs."""
    plan = report.plan
    return {
        "station": report.station,
        "period": {
            "name": report.period.name,
            "words": report.period.words,
            "start": report.period.start.isoformat(),
            "end": report.period.end.isoformat(),
            "cutoff": report.cutoff.isoformat(),
        },
        "plan": {"id": plan.id, "title": plan.title} if plan else None,
        "evidence_head": {"seq": report.head.seq, "hash": report.head.hash},
        "figures": {key: figure_json(one) for key, one in figures_of(report).single.items()},
        "by_topic": [_group(one) for one in report.topics],
        "by_form": [_group(one) for one in report.forms],
        "by_channel": [_group(one) for one in report.channels],
        "by_month": [_group(one) for one in report.months],
        "by_class": [_group(one) for one in report.classes],
        "by_sound": [_group(one) for one in report.sounds],
        "alarms": list(report.tally.alarms),
        "heard": list(report.tally.heard),
        "tasks": [
            {
                "no": task.no,
                "content": task.content,
                "form": task.form,
                "channels": list(task.channels),
                "timeframe": task.timeframe,
                "lead": task.lead,
                "product": task.product,
                "state": str(task.state),
                "counted": task.counted,
                "needed": task.needed,
                "due": task.due,
                "assumed": task.assumed,
                "done": task.done,
                "completion": round(task.share, 4),
                "absent_channels": list(task.absent),
                "evidence": [_output(one) for one in task.outputs],
            }
            for task in report.tasks
        ],
    }


def render_json(report: Report) -> bytes:
    """UTF-8; the same report gives the same bytes."""
    return (json.dumps(report_json(report), ensure_ascii=False, indent=2) + "\n").encode()


def _group(group: Group) -> dict[str, Any]:
    count = group.count
    return {
        "key": group.key,
        "label": group.label,
        "outputs": count.outputs,
        "bulletins": len(count.bulletins),
        "seconds": count.seconds,
        "reach": count.reach if count.told else None,
        "views": count.views if count.viewed else None,
        "reactions": count.reactions if count.reacted else None,
        "read": [one.isoformat() for one in count.read],
        "evidence": list(count.seqs),
    }


def _output(one: Output) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "day": one.day.isoformat(),
        "channel": one.channel,
        "bulletin": one.bulletin,
        "seconds": one.seconds,
        "reach": one.reach,
        "told": _told(one.told) if one.told else None,
        "permalink": one.link,
    }


def _told(one: Told) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "day": one.day.isoformat(),
        "people": one.people,
        "views": one.views,
        "reactions": one.reactions,
    }
