from __future__ import annotations

import pytest
from sqlflow_cli.views import wording


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.9, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3600, "1 h 00 min"),
        (7859, "2 h 10 min"),
    ],
)
def test_spans_of_time(span: float, text: str) -> None:
    assert wording.seconds(span) == text


def test_lines_cannot_steer_a_terminal() -> None:
    assert wording.line("a\tb\x1b[2J\x07\x9b1m\u2028") == "a\tb\\x1b[2J\\x07\\x9b1m\u2028"
