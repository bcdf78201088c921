from __future__ import annotations

import os

from sqlflow.step.following import _Text
from sqlflow.step.printing import Printer
from sqlflow.wire.frames import Stream


def test_nothing_is_waited_for_once_the_rest_is_dropped():
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY)
    printer = Printer(null, 70_000)
    text = _Text(reader, Stream.STDOUT, printer)
    os.write(writer, b"unfinished")
    text.print(now=False)
    assert text.flush_at < float("inf")
    printer.row("x" * 10_000)
    assert printer.truncated
    text.print(now=False)
    assert text.flush_at == float("inf")
    for fd in (reader, writer, null):
        os.close(fd)
