"""The protocol of 2020, ``proto.SQLFlow``, for clients that are still in use: docs/legacy.md.

It is a translation and nothing else: each call becomes calls of ``sqlflow.v1``, with all their
checks, and the pages that come back are told in the older words.
"""
