"""The first bytes of a file: the short ways that most files take give what the long ones give."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from reporter.importers import logs, table
from reporter.importers.head import header_of

MARK = b"\xef\xbb\xbf"  # which no file needs, and which makes both ways take the long one
TEXT = st.text('aB 1,;\t|"#\r\n.é\0', max_size=60)


@given(TEXT)
def test_a_header_is_the_same_with_a_mark_in_front(text: str) -> None:
    head = (text.replace("\0", "") + "\n1,2\n").encode()  # NULs tell of a binary file by their share
    assert header_of(head) == header_of(MARK + head)


@given(TEXT)
def test_lines_are_the_same_with_a_mark_in_front(text: str) -> None:
    data = f"one,two\n3,4\n5,6\n7,8\n{text}\n9,10".encode()
    plain = logs.Log("log.csv", lambda: io.BytesIO(data), "", {})
    marked = logs.Log("log.csv", lambda: io.BytesIO(MARK + data), "", {})
    assert [*table.lines(plain)] == [*table.lines(marked)]
    assert plain.findings == marked.findings
