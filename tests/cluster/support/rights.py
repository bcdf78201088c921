"""What a service account may do, as the API server itself tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from devcluster.addons.kubectl import Kubectl

Rights = dict[str, set[str]]
"""Verbs by resource, each with its API group: ``pods``, ``workflows.argoproj.io``."""

VERBS: Final = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_GROUP: Final = "authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Account:
    """A service account; it need not be there."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def rights(kubectl: Kubectl, account: Account, *, namespace: str) -> Rights:
    """Return all that an account may do in a namespace, but for what any account may do."""
    anybody = _rules(kubectl, Account(account.namespace, "nobody-at-all"), namespace)
    found: Rights = {}
    for resource, verbs in _rules(kubectl, account, namespace).items():
        if more := verbs - anybody.get(resource, set()):
            found[resource] = more
    return found


def _rules(kubectl: Kubectl, account: Account, namespace: str) -> Rights:
    body = {
        "apiVersion": _GROUP,
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    [answer] = _created(kubectl, body, f"--as={account.user}")
    status = answer["status"]
    assert not status["incomplete"]
    found: Rights = {}
    for rule in status["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                name = f"{resource}.{group}".rstrip(".")
                found.setdefault(name, set()).update(rule["verbs"])
    return found


def allowed(kubectl: Kubectl, account: Account, *, resource: str, namespace: str) -> list[str]:
    """Return the verbs that an account may use on a resource of the core group.

    Args:
        namespace: empty: in all of them.
    """
    reviews = [
        {
            "apiVersion": _GROUP,
            "kind": "SubjectAccessReview",
            "spec": {
                "user": account.user,
                "groups": ["system:serviceaccounts", f"system:serviceaccounts:{account.namespace}"],
                "resourceAttributes": {"namespace": namespace, "verb": verb, "resource": resource},
            },
        }
        for verb in VERBS
    ]
    answers = _created(kubectl, {"apiVersion": "v1", "kind": "List", "items": reviews})
    return [it["spec"]["resourceAttributes"]["verb"] for it in answers if it["status"]["allowed"]]


def _created(kubectl: Kubectl, body: dict[str, Any], *options: str) -> list[dict[str, Any]]:
    arguments = ("create", "--validate=false", "--filename=-", "--output=yaml", *options)
    return list(yaml.safe_load_all(kubectl.run(*arguments, stdin=json.dumps(body))))
