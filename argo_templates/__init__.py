"""YAML templates of what an administrator may override: a step's pod, the Workflow's defaults.

Values are filled in by :mod:`pkg_argo.templates`; no text of a user ever is.
"""
