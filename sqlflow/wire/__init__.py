"""What travels: frames, rows and status events. Standard library only.

A step prints **frames**, one a line (:mod:`sqlflow.wire.frames`). A frame belongs to one of four
streams: the lines of standard output and standard error, data rows (:mod:`sqlflow.wire.rows`) and
status events (:mod:`sqlflow.wire.statuses`).
"""
