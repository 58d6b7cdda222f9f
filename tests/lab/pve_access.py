# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what on the Proxmox VE stand-in: users, tokens and their privileges as Proxmox VE counts them."""

from __future__ import annotations

import time
import typing as t

from aiohttp import web
from fakepve import FakePve, shapes
from fakepve.model import PveError
from lab.pve_shapes import Row

# Paths that Proxmox always lists in /access/permissions when the identity holds anything on them.
_TOP_PATHS = ("/", "/access", "/access/groups", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms")


class AccessPve(FakePve):
    """fakepve with the tokens of the lab: with privilege separation a token has what both it and its user have."""

    def __init__(self, users: t.Sequence[Row], **options: t.Any) -> None:
        super().__init__(**options)
        self.acl: dict[str, list[tuple[str, set[str]]]] = {}
        self.privsep: set[str] = set()
        self.expires: dict[str, int] = {}
        self.userids = {user["userid"] for user in users}
        for user in users:
            self._add_user(user)

    def _add_user(self, user: Row) -> None:
        userid = user["userid"]
        if "password" in user:
            self.users[userid] = user["password"]
            if userid == self.user:
                self.password = user["password"]
        for path, privileges in user.get("grants", {}).items():
            self.grant(userid, path, *privileges)
        for token in user.get("tokens", []):
            tokenid = f"{userid}!{token['id']}"
            self.apitokens[tokenid] = token["secret"]
            if token["privsep"]:
                self.privsep.add(tokenid)
            if "expire" in token:
                self.expires[tokenid] = token["expire"]
            for path, privileges in token["grants"].items():
                self.grant(tokenid, path, *privileges)

    def privileges(self, user: str, path: str) -> set[str]:
        """What an identity may do on a path: for a token with privilege separation, what both it and its user may do."""
        owner = user.partition("!")[0]
        held = set(shapes.PRIVILEGES) if owner == "root@pam" else self._granted(owner, path)
        return held & self._granted(user, path) if user in self.privsep else held

    def _granted(self, who: str, path: str) -> set[str]:
        """Grants of one user or token; a grant further down replaces the ones above it, as Proxmox does."""
        grants = [(at, privileges) for at, privileges in self.acl.get(who, []) if at in ("/", path) or path.startswith(at + "/")]
        nearest = max((at for at, _privileges in grants), key=len, default="/")
        return {privilege for at, privileges in grants if at == nearest for privilege in privileges}

    def allowed(self, user: str, path: str, priv: str) -> bool:
        """fakepve's question; it asks this for every endpoint."""
        return priv in self.privileges(user, path)

    async def _permissions(self, v: Row, user: str) -> Row:
        who = v.get("userid") or user
        paths = {*_TOP_PATHS, *(path for grants in self.acl.values() for path, _privileges in grants)}
        held = {path: self.privileges(who, path) for path in sorted(paths) if v.get("path") in (None, path)}
        return {path: dict.fromkeys(sorted(privileges), 1) for path, privileges in held.items() if privileges}

    def _authenticate(self, request: web.Request) -> str | None:
        scheme, _equals, token = request.headers.get("Authorization", "").partition("=")
        if scheme != "PVEAPIToken":
            if "PVEAuthCookie" not in request.cookies and not request.path.endswith("/access/ticket"):
                raise PveError(401, "No ticket")
            return t.cast("str | None", super()._authenticate(request))
        tokenid, _equals, secret = token.partition("=")
        user, _mark, name = tokenid.partition("!")
        if user not in self.userids:
            raise PveError(401, f"no such user ('{user}')")
        if tokenid not in self.apitokens:
            raise PveError(401, f"no such token '{name}' for user '{user}'")
        if 0 < self.expires.get(tokenid, 0) < time.time():
            raise PveError(401, f"token '{name}' access expired")
        if self.apitokens[tokenid] != secret:
            raise PveError(401, "invalid token value!")
        return tokenid
