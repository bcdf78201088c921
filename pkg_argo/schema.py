"""What the models of the resource are made of: their base class and the types of their fields.

A field's description is what ``kubectl explain`` prints, its limits are those of the CRD. Both are
made from here by :mod:`pkg_argo.crd`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from sqlflow.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import SerializerFunctionWrapHandler
    from pydantic.config import JsonDict

_ABSENT: Final[tuple[object, ...]] = (None, "", (), [], {})


class Model(BaseModel):
    """A part of the resource: camelCase outside, frozen, and tolerant of fields it does not know.

    Tolerant, because an older operator may read what a newer CRD allows. The API server is who
    refuses unknown fields.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read what the API server or a manifest has.

        Raises:
            UserError: it does not fit; no value of it is told.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise UserError(f"{cls.__name__}: {_told(error)}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return it as the API server has it."""
        return self.model_dump(by_alias=True, mode="json")

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value not in _ABSENT}


def _told(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
    )


def _clipped(limit: int) -> BeforeValidator:
    """What cuts a text: a cause may be of any length, and no status be refused for it."""

    def clip(text: object) -> object:
        if isinstance(text, str) and len(text) > limit:
            return f"{text[: limit - 2]} …"
        return text

    return BeforeValidator(clip)


def _of_text(value: object) -> object:
    """Kubernetes takes ``cpu: 2`` for ``cpu: "2"``."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[str, _clipped(64), Field(max_length=64)]
Text = Annotated[str, _clipped(1024), Field(max_length=1024)]
LongText = Annotated[str, _clipped(8192), Field(max_length=8192)]

ObjectName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    ),
]
DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
LabelValue = Annotated[
    str, Field(max_length=63, pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
]

_QUANTITY: Final = r"^[0-9]+(\.[0-9]+)?([munkMGTPE]|[KMGTPE]i)?$"
Quantity = Annotated[
    str,
    BeforeValidator(_of_text),
    Field(max_length=20, pattern=_QUANTITY),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "maxLength": 20, "pattern": _QUANTITY}),
]


def list_map(*, key: str) -> JsonDict:
    """What tells the API server that a list's items are told apart by a field of theirs."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


def _to_the_second(time: datetime) -> datetime:
    return time.replace(microsecond=0)


Time = Annotated[AwareDatetime, AfterValidator(_to_the_second)]
"""A time as Kubernetes has it, to the second."""
