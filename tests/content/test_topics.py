"""Topics: the taxonomy and the words that point into it."""

from __future__ import annotations

import pytest

from content.topics import all_topics, topic_codes

CODES = (
    "policy leadership importance institution tthc dvctt apparatus civil_service finance egov "
    "security index results models feedback business other"
)


def test_the_taxonomy_has_the_seventeen_codes() -> None:
    assert [topic.code for topic in all_topics()] == CODES.split()
    assert all(topic.name and topic.strong for topic in all_topics())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hướng dẫn nộp hồ sơ trực tuyến trên Cổng dịch vụ công quốc gia", "dvctt"),
        ("Giờ làm việc của bộ phận một cửa", "tthc"),
        ("Cảnh báo lừa đảo qua mạng, giả mạo cán bộ", "security"),
        ("Số điện thoại đường dây nóng tiếp nhận phản ánh", "feedback"),
        ("Sắp xếp tổ chức bộ máy, chính quyền địa phương 02 cấp", "apparatus"),
        ("Nâng cao chỉ số PAR INDEX và SIPAS", "index"),
        ("Tấm gương cán bộ tận tụy, điển hình tiên tiến", "models"),
        ("Thời tiết tuần này", "other"),
        ("", "other"),
    ],
)
def test_the_best_code_is_the_subject(text: str, code: str) -> None:
    assert topic_codes(text)[0] == code


def test_tone_mark_style_and_case_make_no_difference() -> None:
    assert topic_codes("VĂN HOÁ CÔNG VỤ") == topic_codes("văn hóa công vụ") == ("civil_service",)
