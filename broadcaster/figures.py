"""The figures of a report: each with its value, how it is printed, its rule, its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from broadcaster.completion import State, TaskResult
from broadcaster.papers.paper import Figure
from broadcaster.report import Group, Report
from broadcaster.tally import ON_TIME, Count

_OUTPUT = "một bản tin ra đến một nơi nhận là một lượt; chỉ tính lượt thật, không tính mô phỏng"
_SHARE = "làm tròn đến một chữ số sau dấu phẩy"
_LAST = "mỗi lượt lấy lần đọc gần nhất có số liệu"
_NEEDED = "số lần kế hoạch yêu cầu trong kỳ"
_LISTED = {"unfinished": State.NOT_DONE, "partly": State.PARTLY, "coming": State.NOT_DUE}
_FEW, _LONGEST = 10, 160
"""Up to so many tasks are named in the text, in so many characters; more by their numbers."""
_MINUTES = int(ON_TIME.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Figures:
    """Single figures by name, and lines of figures for lists and tables."""

    single: Mapping[str, Figure]
    lists: Mapping[str, Sequence[Mapping[str, Figure]]] = field(default_factory=dict)


def figures_of(report: Report) -> Figures:
    """Everything that a report's text may say."""
    found = [
        *_period(report),
        *_totals(report),
        *_reach(report),
        *_punctuality(report),
        *_completion(report),
        *(_many(name, _in_state(report, state)) for name, state in _LISTED.items()),
        *_chain(report),
    ]
    lists = {
        "topics": _breakdown("topics", report.topics, "chuyên mục ghi trong bản tin; không ghi "
                             "thì theo từ khóa ở tên bài"),
        "forms": _breakdown("forms", report.forms, "hình thức đầu tiên trong kế hoạch có kênh này"),
        "channels": _breakdown("channels", report.channels, "kênh ghi trong minh chứng"),
        "months": _breakdown("months", report.months, "ngày bắt đầu theo giờ của đơn vị"),
        "classes": _breakdown("classes", report.classes, "trực tuyến: mạng xã hội, cổng, trang "
                              "thông tin điện tử; còn lại là truyền thống"),
        "heard": _breakdown("heard", [one for one in report.channels if one.count.seconds],
                            "kênh ghi trong minh chứng"),
        "reach": _told("reach", report.channels),
        "sounds": _breakdown("sounds", report.sounds, "hình thức âm thanh ghi trong minh chứng"),
        **{name: _few(name, _in_state(report, state)) for name, state in _LISTED.items()},
    }  # fmt: skip
    return Figures({one.key: one for one in found}, lists)


def number(value: int) -> str:
    """As official papers write it: 05, 12, 1.234; nothing is 0."""
    return f"{value:02d}" if 0 < value < 10 else f"{value:,}".replace(",", ".")


def share(part: int, whole: int) -> str:
    """ "87,5%"; "100%" only for all of it."""
    tenths = part * 1000 // whole if part * 1000 % whole * 2 < whole else part * 1000 // whole + 1
    if part < whole:
        tenths = min(tenths, 999)
    text = f"{tenths // 10},{tenths % 10}".removesuffix(",0")
    return f"{text}%"


def length(seconds: float) -> str:
    """ "3 giờ 05 phút", "12 phút", "45 giây"."""
    whole = round(seconds)
    if whole < 60:
        return f"{number(whole)} giây"
    hours, minutes = divmod(round(whole / 60), 60)
    if not hours:
        return f"{number(minutes)} phút"
    return f"{number(hours)} giờ {number(minutes)} phút" if minutes else f"{number(hours)} giờ"


def day(value: date) -> str:
    """ "31/12/2026"."""
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def ranges(seqs: Iterable[int]) -> str:
    """Record numbers, runs drawn together: "3–7, 12"."""
    runs: list[list[int]] = []
    for seq in sorted(seqs):
        if runs and seq == runs[-1][1] + 1:
            runs[-1][1] = seq
        else:
            runs.append([seq, seq])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)


def count(key: str, seqs: Sequence[int], rule: str, **given: str | Sequence[str]) -> Figure:
    """The figure that says how many records there are."""
    return Figure(
        key, number(len(seqs)), rule, len(seqs), tuple(seqs), tuple(given.get("rows", ()))
    )


def _period(report: Report) -> list[Figure]:
    rule = "kỳ báo cáo được chọn (--period hoặc --due)"
    period = report.period
    return [
        Figure("period.words", period.words, rule, period.words),
        Figure("period.start", day(period.start), rule, period.start.isoformat()),
        Figure("period.end", day(period.end), rule, period.end.isoformat()),
        Figure("cutoff", day(report.cutoff), "ngày cuối của kỳ, hoặc hôm nay khi kỳ chưa hết",
               report.cutoff.isoformat()),
    ]  # fmt: skip


def _totals(report: Report) -> list[Figure]:
    total = report.tally.total
    online, traditional = report.classes
    return [
        count("total.outputs", total.seqs, _OUTPUT),
        Figure("total.bulletins", number(len(total.bulletins)), "số bản tin khác nhau đã ra ngoài",
               len(total.bulletins), total.seqs),
        Figure("total.length", length(total.seconds), "cộng thời lượng đã phát thật trên loa",
               total.seconds, tuple(seq for one in report.channels if one.count.seconds
                                    for seq in one.count.seqs)),
        count("online.outputs", online.count.seqs, "lượt trên các kênh trực tuyến"),
        count("traditional.outputs", traditional.count.seqs, "lượt bằng hình thức truyền thống"),
        count("approved", report.tally.approved, "số lần lãnh đạo duyệt tin, bài trong kỳ"),
        count("outside.outputs", report.outside, "lượt không gắn với nhiệm vụ nào của kế hoạch"),
        Figure("simulated.outputs", number(report.tally.simulated),
               "lượt của kênh ở chế độ thử: không tính vào kết quả", report.tally.simulated),
    ]  # fmt: skip


def _reach(report: Report) -> list[Figure]:
    """What the platforms told, each output by its last look; what is not told is not guessed."""
    total, silent = report.tally.total, report.tally.silent
    return [
        _sum("total.reach", total.reach, total.told, "cộng số người do nền tảng báo hoặc minh "
             "chứng nhập tay ghi; nơi không báo thì không tính"),
        count("reach.told", total.told, "số lượt mà nền tảng hoặc minh chứng nhập tay cho biết số "
              "người tiếp cận"),
        _sum("total.views", total.views, total.viewed,
             f"cộng số lượt xem do nền tảng báo; {_LAST}"),
        count("views.told", total.viewed, "số lượt mà nền tảng cho biết số lượt xem"),
        _sum("total.reactions", total.reactions, total.reacted, "cộng lượt bày tỏ cảm xúc, bình "
             f"luận, chia sẻ do nền tảng báo; {_LAST}"),
        count("reactions.told", total.reacted, "số lượt mà nền tảng cho biết số tương tác"),
        Figure("reach.read", _days_read(total.read), f"ngày đọc số liệu trên nền tảng; {_LAST}",
               _iso(total.read), _looks(total)),
        count("reach.silent", silent, "lượt đăng trên Facebook, Zalo mà nền tảng chưa cho biết số "
              "liệu"),
    ]  # fmt: skip


def _sum(key: str, value: int, seqs: Sequence[int], rule: str) -> Figure:
    """Empty, and not 0, where nobody told anything."""
    told = bool(seqs)
    return Figure(key, number(value) if told else "", rule, value if told else None, tuple(seqs))


def _looks(found: Count) -> tuple[int, ...]:
    """The records of the looks (and of outputs that tell of themselves)."""
    return tuple(sorted({*found.viewed, *found.reacted, *found.told})) if found.read else ()


def _iso(days: Sequence[date]) -> str | None:
    return "/".join(one.isoformat() for one in dict.fromkeys(days)) or None


def _days_read(days: Sequence[date]) -> str:
    """ "ngày 05/12/2026", "từ ngày 01/07/2026 đến ngày 05/12/2026"."""
    if not days:
        return ""
    first, last = days
    return f"ngày {day(first)}" if first == last else f"từ ngày {day(first)} đến ngày {day(last)}"


def _punctuality(report: Report) -> list[Figure]:
    tally = report.tally
    whole, part = len(tally.sessions), len(tally.on_time)
    late = tuple(sorted(set(tally.sessions) - set(tally.on_time)))
    return [
        count("sessions", tally.sessions, "số buổi phát, lượt đăng đã đến giờ (mỗi nơi nhận một)"),
        count("sessions.on_time", tally.on_time, f"bắt đầu không muộn quá {_MINUTES} phút"),
        count("sessions.late", late, f"muộn quá {_MINUTES} phút, lỡ giờ hoặc hỏng"),
        Figure("sessions.share", share(part, whole) if whole else "",
               f"sessions.on_time / sessions, {_SHARE}", part / whole if whole else None,
               tally.sessions),
        Figure("sessions.limit", number(_MINUTES), "quy tắc: muộn nhất bao nhiêu phút vẫn là đúng "
               "giờ", _MINUTES),
        count("missed", tally.missed, "lượt lỡ giờ cho phép"),
        count("failed", tally.failed, "lượt hỏng, không ra ngoài"),
        count("unknown", tally.unknown, "lượt chưa rõ kết quả"),
        count("alarms", tally.alarms, "báo động do đài tự nhận thấy: im lặng, tiếng ngoài giờ, đầu "
              "ra hỏng, người nghe không nhận được"),
        count("heard", tally.heard, "lượt mà bản thu ở phía người nghe khớp với chương trình đã "
              "duyệt"),
        count("withdrawn", tally.withdrawn, "minh chứng đã được đính chính rút lại: không tính"),
        count("broken", tally.broken, "bản ghi bị sửa, bị mất hoặc không nối với bản ghi trước"),
        count("out_of_order", tally.out_of_order, "bản ghi có giờ lùi so với bản ghi trước (đồng "
              "hồ máy bị sai); giờ được giữ nguyên"),
    ]  # fmt: skip


def _completion(report: Report) -> list[Figure]:
    counted, done = report.counted, report.done
    rule = "nhiệm vụ mà kế hoạch yêu cầu trong kỳ; không tính báo cáo và phân công thường xuyên"
    return [
        _tasks_figure("tasks.all", report.tasks, "mọi nhiệm vụ đọc được trong kế hoạch"),
        _tasks_figure("tasks.counted", counted, rule),
        _tasks_figure("tasks.done", done, "đủ số lần kế hoạch yêu cầu trong kỳ đều có minh chứng"),
        _tasks_figure("tasks.partly", _in_state(report, State.PARTLY), "có minh chứng cho một "
                      "phần số lần kế hoạch yêu cầu"),
        _tasks_figure("tasks.not_done", _in_state(report, State.NOT_DONE), "chưa có minh chứng"),
        _tasks_figure("tasks.not_due", _in_state(report, State.NOT_DUE), "chưa đến hạn"),
        _tasks_figure("tasks.assumed", [one for one in counted if one.assumed], "kế hoạch không "
                      "nêu số lần; đơn vị tự xác định"),
        Figure("tasks.share", share(len(done), len(counted)) if counted else "",
               f"tasks.done / tasks.counted, {_SHARE}",
               len(done) / len(counted) if counted else None,
               rows=tuple(f"task {one.row}" for one in counted)),
    ]  # fmt: skip


def _tasks_figure(key: str, tasks: Sequence[TaskResult], rule: str) -> Figure:
    seqs = sorted({one.seq for task in tasks for one in task.outputs})
    rows = tuple(f"task {task.row}" for task in tasks)
    return Figure(key, number(len(tasks)), rule, len(tasks), tuple(seqs), rows)


def _chain(report: Report) -> list[Figure]:
    rule = "bản ghi cuối của sổ minh chứng khi lập báo cáo"
    return [
        Figure("head.seq", number(report.head.seq), rule, report.head.seq, (report.head.seq,)),
        Figure("head.hash", report.head.hash, rule, report.head.hash, (report.head.seq,)),
    ]


def _breakdown(name: str, groups: Iterable[Group], rule: str) -> list[Mapping[str, Figure]]:
    return [_line(f"{name}.{group.key}", group, rule) for group in groups]


def _line(key: str, group: Group, rule: str) -> Mapping[str, Figure]:
    found = group.count
    return {
        "label": Figure(f"{key}.label", group.label, rule),
        "outputs": count(f"{key}.outputs", found.seqs, rule),
        "bulletins": Figure(f"{key}.bulletins", number(len(found.bulletins)),
                            f"số bản tin khác nhau; {rule}", len(found.bulletins), found.seqs),
        "length": Figure(f"{key}.length", length(found.seconds) if found.seconds else "–",
                         "cộng thời lượng đã phát thật", found.seconds, found.seqs),
        "reach": Figure(f"{key}.reach", number(found.reach) if found.told else "–",
                        "cộng số người do nền tảng báo", found.reach if found.told else None,
                        found.told),
    }  # fmt: skip


def _told(name: str, channels: Iterable[Group]) -> list[Mapping[str, Figure]]:
    """Of each channel whose platform told anything: what, and when it was read."""
    return [_told_line(f"{name}.{one.key}", one) for one in channels if one.count.read]


def _told_line(key: str, group: Group) -> Mapping[str, Figure]:
    found = group.count
    return {
        "label": Figure(f"{key}.label", group.label, "kênh ghi trong minh chứng"),
        "outputs": count(f"{key}.outputs", found.seqs, "lượt đăng trên kênh này"),
        "people": _or_dash(_sum(f"{key}.people", found.reach, found.told,
                                f"cộng số người do nền tảng báo; {_LAST}")),
        "views": _or_dash(_sum(f"{key}.views", found.views, found.viewed,
                               f"cộng số lượt xem do nền tảng báo; {_LAST}")),
        "reactions": _or_dash(_sum(f"{key}.reactions", found.reactions, found.reacted,
                                   f"cộng cảm xúc, bình luận, chia sẻ do nền tảng báo; {_LAST}")),
        "read": Figure(f"{key}.read", " – ".join(day(one) for one in dict.fromkeys(found.read)),
                       f"ngày đọc số liệu; {_LAST}", _iso(found.read), _looks(found)),
    }  # fmt: skip


def _or_dash(figure: Figure) -> Figure:
    return figure if figure.seqs else replace(figure, shown="–")


def _in_state(report: Report, state: State) -> list[TaskResult]:
    return [task for task in report.tasks if task.state is state]


def _many(name: str, tasks: Sequence[TaskResult]) -> Figure:
    """The numbers of tasks that are too many to be named."""
    shown = _numbers([task.no for task in tasks]) if len(tasks) > _FEW else ""
    rows = tuple(f"task {task.row}" for task in tasks)
    return Figure(f"{name}.numbers", shown, "số thứ tự trong kế hoạch", shown, rows=rows)


def _numbers(names: Sequence[str]) -> str:
    """Plain numbers drawn together, "NV1" and the like after them."""
    plain = ranges(int(name) for name in names if name.isdecimal())
    return ", ".join([*filter(None, [plain]), *(one for one in names if not one.isdecimal())])


def _few(name: str, tasks: Sequence[TaskResult]) -> list[Mapping[str, Figure]]:
    return _tasks(name, tasks) if len(tasks) <= _FEW else []


def _tasks(name: str, tasks: Iterable[TaskResult]) -> list[Mapping[str, Figure]]:
    return [
        {
            "no": Figure(f"{name}.{task.no}.no", task.no, "kế hoạch", rows=(f"task {task.row}",)),
            "content": Figure(f"{name}.{task.no}.content", _shortened(task.content), "kế hoạch"),
            "timeframe": Figure(f"{name}.{task.no}.timeframe", task.timeframe, "kế hoạch"),
            "done": _units(f"{name}.{task.no}.done", task, task.done, "số lần có minh chứng"),
            "needed": _units(f"{name}.{task.no}.needed", task, task.needed, _NEEDED),
        }
        for task in tasks
    ]


def _shortened(text: str) -> str:
    text = text.rstrip(" .;")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"


def _units(key: str, task: TaskResult, value: int, rule: str) -> Figure:
    seqs = tuple(one.seq for one in task.outputs)
    return Figure(key, number(value), rule, value, seqs, (f"task {task.row}",))
