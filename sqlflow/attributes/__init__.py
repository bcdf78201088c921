"""What each model and each verb accepts: names, types, ranges, defaults, one line of prose.

The same specifications check a program before anything runs, tell a step the defaults, and make
``docs/attributes.md``. Standard library only: every step imports this package.
"""

from __future__ import annotations

from sqlflow.attributes.checking import Checked, check, defaults
from sqlflow.attributes.models import lookup
from sqlflow.attributes.specs import Attribute, Family, Fault, ModelSpec, Task

__all__ = [
    "Attribute",
    "Checked",
    "Family",
    "Fault",
    "ModelSpec",
    "Task",
    "check",
    "defaults",
    "lookup",
]
