# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The flags of a k0s service, wanted and actual, in one form, so that only real differences make k0s restart."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .durations import duration_ns
from .words import words_of

# A set of words, the pairs of a mapping, or one value.
Value = t.Union[str, frozenset[str], tuple[tuple[str, str], ...]]
Flags = dict[str, Value]

_SWITCHES = frozenset(
    (
        *("debug", "force", "init-only", "no-taints", "single", "start", "verbose", "ignore-pre-flight-checks"),
        *("enable-cloud-provider", "enable-dynamic-config", "enable-k0s-cloud-provider", "enable-metrics-scraper", "enable-worker"),
    )
)
_LISTS = frozenset(("disable-components", "taints"))
_MAPPINGS = frozenset(("feature-gates", "labels", "logging"))
_INNER = frozenset(("kubelet-extra-args", "kube-controller-manager-extra-args"))
_PATHS = frozenset(("config", "containerd-root-dir", "data-dir", "kubelet-root-dir", "status-socket"))
_DURATIONS = frozenset(("api-server-stop-timeout", "k0s-cloud-provider-update-frequency"))
# These take the next word as their value even when it starts with a dash.
_VALUED = frozenset({"token-file", "profile", *_LISTS, *_MAPPINGS, *_INNER, *_PATHS, *_DURATIONS})
_SHORT = {"-c": "--config", "-d": "--debug", "-l": "--logging", "-v": "--verbose"}
# How a node joins, and what k0s install keeps for itself: none of it says how the service runs.
_IGNORED = frozenset(("env", "force", "start", "token-env", "token-file"))
# The kubelet hands them over when a node joins and never again.
_ONLY_WHEN_JOINING = ("labels", "taints")
_LOGGING = {
    **dict.fromkeys(("containerd", "etcd"), "info"),
    **dict.fromkeys(("konnectivity-server", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"), "1"),
}
_DEFAULTS: t.Mapping[str, Value] = {
    **dict.fromkeys(_SWITCHES, "false"),
    "config": "/etc/k0s/k0s.yaml",
    "data-dir": "/var/lib/k0s",
    "debugListenOn": ":6060",
    "iptables-mode": "auto",
    "k0s-cloud-provider-port": "10258",
    "k0s-cloud-provider-update-frequency": "120s",
    "logging": tuple(sorted(_LOGGING.items())),
    "profile": "default",
    "status-socket": "/run/k0s/status.sock",
}
_ROLES = ("controller", "worker")
_TRUE = frozenset(("1", "t", "true"))
_FALSE = frozenset(("0", "f", "false"))


class Comparison(t.TypedDict):
    """changed: the service must be installed anew. differences: why, a sentence each.

    only_when_joining: differences of flags that a node reads only when it joins; they change nothing on a node that has joined.
    """

    changed: bool
    differences: list[str]
    only_when_joining: list[str]


def compare_flags(wanted: t.Any, actual: t.Any) -> Comparison:
    """Compare the wanted flags with those of a service. Both are lists of words or texts; see words_of for errors.

    The path of k0s and the role may lead, as in ["/usr/local/bin/k0s", "worker", "--profile=big"]; roles count when both have one.
    """
    wanted_role, wished = _parsed(words_of(wanted, "the wanted flags"))
    actual_role, found = _parsed(words_of(actual, "the actual flags"))
    differences = []
    if wanted_role and actual_role and wanted_role != actual_role:
        differences.append(f"a {wanted_role} is wanted, and the service runs a {actual_role}")
    told = {name: _told(name, wished.get(name), found.get(name)) for name in sorted({*wished, *found})}
    differences += [text for name, text in told.items() if text and name not in _ONLY_WHEN_JOINING]
    joining = [f"{told[name]}; set it on the node itself" for name in _ONLY_WHEN_JOINING if told.get(name)]
    return {"changed": bool(differences), "differences": differences, "only_when_joining": joining}


def _parsed(words: t.Sequence[str]) -> tuple[str, Flags]:
    """The role (empty when not named) and the flags in one form, with the defaults of k0s."""
    role, raw = _raw(words)
    flags = {**_DEFAULTS, **{name: _value(name, values) for name, values in raw.items() if name not in _IGNORED}}
    if flags["single"] == "true":
        flags["enable-worker"] = "true"
    if flags["debug"] == "true":
        flags["verbose"] = "true"
    # An empty value is what k0s takes for "not given".
    given = {name: value or _DEFAULTS.get(name, "") for name, value in flags.items() if value or name in _DEFAULTS}
    return role, {"kubelet-root-dir": posixpath.join(str(given["data-dir"]), "kubelet"), **given}


def _raw(words: t.Sequence[str]) -> tuple[str, dict[str, list[str]]]:
    """Every value that each flag was given, in order. Words without a flag are left out: a worker may carry its token there."""
    role, raw, rest = "", dict[str, list[str]](), list(words)
    while rest:
        word = _long(rest.pop(0))
        if not word.startswith("--"):
            role = role or (word if word in _ROLES else "")
            continue
        name, equals, value = word[2:].partition("=")
        if not equals:
            takes_next = name in _VALUED or (name not in _SWITCHES and not "".join(rest[:1]).startswith("-"))
            value = rest.pop(0) if takes_next and rest else "true"
        raw.setdefault(name, []).append(value)
    return role, raw


def _long(word: str) -> str:
    """-c=/path and -c/path as --config=/path."""
    long = _SHORT.get(word[:2])
    if long is None:
        return word
    value = word[2:].lstrip("=")
    return f"{long}={value}" if value else long


def _value(name: str, values: t.Sequence[str]) -> Value:
    if name in _LISTS:
        return frozenset(part.strip() for value in values for part in _unwrapped(value).split(",") if part.strip())
    if name in _MAPPINGS:
        # Only the last --logging counts, the others add up.
        counted = values[-1:] if name == "logging" else values
        return _pairs([part for value in counted for part in _unwrapped(value).split(",")], _LOGGING if name == "logging" else {})
    last = values[-1].strip()
    if name in _INNER:
        return _pairs(last.split(), {})
    if name in _SWITCHES:
        return "true" if last.lower() in _TRUE else "false" if last.lower() in _FALSE else last
    if name in _PATHS:
        return posixpath.normpath(last) if last else ""
    nanoseconds = duration_ns(last) if name in _DURATIONS else None
    return last if nanoseconds is None else f"{nanoseconds / 10**9}s"


def _unwrapped(value: str) -> str:
    """Old versions of k0s write lists in quotes, and pflag in brackets."""
    return re.sub(r'^["\[]+|["\]]+$', "", value.strip())


def _pairs(parts: t.Iterable[str], defaults: t.Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = (part.strip().partition("=") for part in parts if part.strip())
    return tuple(sorted({**defaults, **{key: value for key, _equals, value in pairs}}.items()))


def _told(name: str, wanted: Value | None, actual: Value | None) -> str:
    """The difference in words, empty when there is none. Arguments of components may hold passwords: only their names are told."""
    if wanted == actual:
        return ""
    if name in _INNER:
        parts = {part[0] for part in frozenset(wanted or ()) ^ frozenset(actual or ())}
        return f"--{name} differs in {', '.join(sorted(parts))}"
    if name in _SWITCHES:
        return f"--{name} is wanted and not set" if wanted == "true" else f"--{name} is set and not wanted"
    return f"--{name} is {_shown(actual)}, and {_shown(wanted)} is wanted"


def _shown(value: Value | None) -> str:
    if not value:
        return "not set"
    if isinstance(value, str):
        return value
    return ",".join(sorted(part if isinstance(part, str) else "=".join(part) for part in value))
