"""What the API server checks in CEL, beyond types and limits, and what it says to who breaks it.

A rule a field: so the answer names the field, and each is cheap enough for the API server, which
reckons what a rule may cost at most before it takes the CRD.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pkg_argo.job_spec import JobSpec, Toleration

MUTABLE: Final = frozenset({"cancel", "suspend", "ttlSecondsAfterFinished"})
"""The fields of the spec that may be changed after the job was made."""

_ONE_PROGRAM: Final = {
    "rule": "has(self.program) != has(self.programFrom)",
    "message": "exactly one of program and programFrom must be set",
    "reason": "FieldValueInvalid",
}
_LATCH: Final = {
    "rule": "self.cancel == oldSelf.cancel || self.cancel == 'Immediate' || oldSelf.cancel == ''",
    "message": "cancel cannot be taken back: it only goes from Graceful to Immediate",
    "reason": "FieldValueForbidden",
    "fieldPath": ".cancel",
}
# As Kubernetes has them of a pod. There it would be seen only when the pod is made.
_TOLERATION: Final = (
    {
        "rule": "self.operator != 'Exists' || !has(self.value) || self.value == ''",
        "message": "value must be empty when operator is Exists",
        "reason": "FieldValueInvalid",
        "fieldPath": ".value",
    },
    {
        "rule": "self.operator == 'Exists' || (has(self.key) && self.key != '')",
        "message": "operator must be Exists when key is empty",
        "reason": "FieldValueInvalid",
        "fieldPath": ".operator",
    },
    {
        "rule": "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        "message": "effect must be NoExecute when tolerationSeconds is set",
        "reason": "FieldValueInvalid",
        "fieldPath": ".effect",
    },
)


def rules_of(model: str, schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rules of a model by its name, whose structural schema is given."""
    if model == JobSpec.__name__:
        return [_ONE_PROGRAM, *_immutable(schema), _LATCH]
    return list(_TOLERATION) if model == Toleration.__name__ else []


def _immutable(schema: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    required = set(schema["required"])
    for field, itself in schema["properties"].items():
        if field in MUTABLE:
            continue
        same = f"self.{field} == oldSelf.{field}"
        if field not in required and "default" not in itself:
            # A field that is absent may not be set later, nor one that is set go.
            same = f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || {same})"
        yield {
            "rule": same,
            "message": f"{field} is immutable: create a new SQLFlowJob instead",
            "reason": "FieldValueForbidden",
            "fieldPath": f".{field}",
        }
