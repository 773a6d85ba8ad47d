"""Who is asking: bearer tokens to users, and impersonation headers to the user a caller wants to act as.

Rules and texts: k8s.io/apiserver/pkg/endpoints/filters/{authentication,impersonation}.go, v1.36.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from workers.demo.apiserver import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import CIMultiDictProxy

AUTHENTICATED = "system:authenticated"
EXTRA = "impersonate-extra-"


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all_groups(self) -> tuple[str, ...]:
        """With the group every authenticated user is in."""
        return self.groups if AUTHENTICATED in self.groups else (*self.groups, AUTHENTICATED)


@dataclass(frozen=True)
class Right:
    """One thing an impersonating caller must be allowed to `impersonate`."""

    group: str
    resource: str
    subresource: str
    namespace: str
    name: str


def authenticate(headers: CIMultiDictProxy[str], tokens: Mapping[str, User]) -> User:
    """The owner of the bearer token; 401 without one."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    user = tokens.get(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise errors.unauthorized()
    return user


def impersonation(headers: CIMultiDictProxy[str]) -> tuple[User, list[Right]] | None:
    """The user asked for and every right needed to act as them; None when nobody is impersonated."""
    name = headers.get("Impersonate-User", "")
    groups = tuple(headers.getall("Impersonate-Group", ()))
    uid = headers.get("Impersonate-Uid", "")
    extra: dict[str, tuple[str, ...]] = {}
    for key in headers:
        if key.lower().startswith(EXTRA):
            extra[unquote(key[len(EXTRA) :].lower())] = tuple(headers.getall(key))
    if not name:
        if groups or uid or extra:
            asked = f"requested {_as_go_prints(uid, groups, extra)} without impersonating a user name"
            raise errors.bad_request(asked)
        return None
    rights = [_user_right(name)]
    rights += [Right("", "groups", "", "", group) for group in groups]
    if uid:
        rights.append(Right("authentication.k8s.io", "uids", "", "", uid))
    for key, values in extra.items():
        rights += [Right("authentication.k8s.io", "userextras", key, "", value) for value in values]
    if not groups and name.startswith("system:serviceaccount:"):
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{name.split(':')[2]}")
    return User(name, groups, uid, extra), rights


def _as_go_prints(uid: str, groups: tuple[str, ...], extra: Mapping[str, tuple[str, ...]]) -> str:
    """The user as Go's %#v shows it, which is what the real refusal quotes."""
    more = ", ".join(f"{_quoted(key)}:{_texts(values)}" for key, values in sorted(extra.items()))
    return (
        f'&user.DefaultInfo{{Name:"", UID:{_quoted(uid)}, Groups:{_texts(groups) if groups else "[]string(nil)"}, '
        f"Extra:map[string][]string{'{' + more + '}' if extra else '(nil)'}}}"
    )


def _texts(values: tuple[str, ...]) -> str:
    return "[]string{" + ", ".join(_quoted(one) for one in values) + "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _user_right(name: str) -> Right:
    parts = name.split(":")
    if name.startswith("system:serviceaccount:") and len(parts) == 4:
        return Right("", "serviceaccounts", "", parts[2], parts[3])
    return Right("", "users", "", "", name)
