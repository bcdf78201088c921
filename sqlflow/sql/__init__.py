"""The language: SQL as the data source speaks it, and clauses that train and use models.

A program's text is cut into statements (:mod:`sqlflow.sql.splitting`), by lexical rules of the
dialect (:mod:`sqlflow.sql.scanning`); what stands behind ``TO <VERB>`` is lexed
(:mod:`sqlflow.sql.lexing`) and parsed (:mod:`sqlflow.sql.parsing`) by one grammar for every
dialect, into :mod:`sqlflow.sql.clauses`. Standard SQL is left as it stands. All of it is pure and
knows offsets only; :mod:`sqlflow.sql.sources` turns one into a line, a column and a caret.
"""
