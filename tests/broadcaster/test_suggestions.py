"""Topics and tasks are suggested with a reason, and only the editor's word makes them so."""

from __future__ import annotations

from tests.broadcaster.desks import Desk
from tests.broadcaster.test_plan_correction import OLD, plan_text

ARTICLE = "# Nộp hồ sơ qua Cổng dịch vụ công\n\nNgười dân nộp dịch vụ công trực tuyến tại nhà.\n"


def test_a_new_bulletin_is_suggested_a_topic_and_a_task_with_reasons(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("kế hoạch.txt", plan_text(OLD)))
    _, _, said = desk.call("bulletin", "add", desk.file("bài.md", ARTICLE))
    assert "chủ đề dvctt (Dịch vụ công trực tuyến" in said
    assert "nhiệm vụ 1 vì cùng chủ đề" in said
    assert "broadcaster bulletin edit 1 --topic dvctt --task 1" in said
    shown = desk.json("bulletin", "show", "1")
    assert (shown["topic"], shown["task"]) == (None, None)
    assert shown["suggestions"]["tasks"][0]["no"] == "1"


def test_confirming_makes_a_revision_with_the_same_words(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("kế hoạch.txt", plan_text(OLD)))
    desk.ok("bulletin", "add", desk.file("bài.md", ARTICLE))
    before = desk.json("bulletin", "show", "1")
    desk.ok("bulletin", "edit", "1", "--topic", "dvctt", "--task", "1")
    after = desk.json("bulletin", "show", "1")
    assert (after["revision"], after["topic"], after["task"]) == (2, "dvctt", "1")
    assert (after["body"], after["sha256"]) == (before["body"], before["sha256"])
    assert after["suggestions"] == {"topics": [], "tasks": []}


def test_an_unknown_topic_or_task_is_refused_with_where_to_look(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("kế hoạch.txt", plan_text(OLD)))
    desk.ok("bulletin", "add", desk.file("bài.md", ARTICLE))
    assert "dvctt" in desk.refused("bulletin", "edit", "1", "--topic", "thời tiết")
    assert "plan status" in desk.refused("bulletin", "edit", "1", "--task", "99")
    assert "--topic" in desk.refused("bulletin", "edit", "1")
    assert desk.json("bulletin", "show", "1")["revision"] == 1


def test_without_a_plan_only_topics_are_suggested(desk: Desk) -> None:
    added = desk.json("bulletin", "add", desk.file("bài.md", ARTICLE))
    assert added["suggestions"]["topics"][0]["code"] == "dvctt"
    assert added["suggestions"]["tasks"] == []


def test_the_first_task_suggested_for_the_sample_bulletins_is_the_editors_own(desk: Desk) -> None:
    from importlib.resources import files

    folder = files("broadcaster.samples")
    (plan,) = [f for f in folder.iterdir() if f.name.startswith("ke-hoach")]
    desk.ok("plan", "import", str(plan))
    wrong = []
    for file in sorted(folder.joinpath("bulletins").iterdir(), key=lambda f: f.name):
        lines = file.read_text("utf-8").splitlines()
        own = next((line.split()[-1].strip('"') for line in lines if line.startswith("task:")), "")
        bare = "\n".join(line for line in lines if not line.startswith(("task:", "topic:")))
        added = desk.json("bulletin", "add", desk.file(file.name, bare))
        if own and added["suggestions"]["tasks"][0]["no"] != own:
            wrong.append(file.name)
    assert wrong == []
