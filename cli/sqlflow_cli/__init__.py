"""The ``sqlflow`` command: a thin shell over :mod:`sqlflow.client`.

Results go to standard output, everything about them to standard error. What a command needs it
imports when it runs, so that ``sqlflow --help`` is quick.
"""
