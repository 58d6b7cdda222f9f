# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Takes secrets out of texts before they become evidence.

Collectors call it on named places (environment, arguments, annotations, values, notes, URLs), never on identity fields such as
names, addresses and images. Two signs make a value secret: the name that stands before it, and letters and digits that change
as in a random string. Over-masking costs a word of text; under-masking costs a password, so doubt masks.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import typing as t
from functools import lru_cache

MASK = re.compile(r"«masked:[0-9a-f]{8}»")

# Words of a name that make its value a secret: some wherever they stand, short ones only as a word or two words of their own.
_SECRET_WORD = re.compile(
    r".*(?:password|passwort|kennwort|passwd|passphrase|secret|credential|authorization).*"
    r"|pass|pwd|tokens?|creds|bearer|cookie|dsn|datasource|psk|otp|salt|htpasswd|connectionstring|basicauth|pveapitoken|kubeconfig"
    r"|(?:api|access|private|encryption|signing|account|shared|client|storage|master|ssh|auth)keys?"
    r"|(?:licen[cs]e|activation|jwt|webhook|deploy|session)keys?"
    r"|stringdata"
)
# Names that end so hold where a secret is, not what it is.
_REFERENCE = re.compile(
    r"(?:secret|token|password|key|credentials?)[_.-]?(?:name|names|ref|file|path)$|existing[_.-]?secret$", re.IGNORECASE
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Keys whose value has its name beside it: {name: DB_PASSWORD, value: …}.
PAIRED = frozenset(("value", "string", "array", "map"))
# What stands below a secret name and only says which secret it is, or of which form.
_DESCRIBES = frozenset(
    ("name", "namespace", "key", "kind", "apiVersion", "type", "format", "enabled", "create", "optional", "description")
)
_HARMLESS = frozenset(("", "true", "false", "null", "none", "~", "{}", "[]"))

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
# The scheme may be missing, as in shares of Windows.
_USERINFO = re.compile(r"(?P<scheme>(?:[A-Za-z][A-Za-z0-9+.-]*:|(?<![:/\w]))//)(?P<userinfo>[^/\s\"'<>]+)@")
# user:password@host without a scheme, as databases write it; an image with a digest looks alike.
_BARE_USERINFO = re.compile(r"(?<![\w/.:-])(?!masked:[0-9a-f]{8}»@)(?P<userinfo>[\w.+-]+:[^\s:@/\"']{3,})@(?!sha\d+:)(?=[\w(\[])")
# A bucket, or a login name that goes with a key: no secret before the @.
_NO_PASSWORD = re.compile(r"(?:s3|azblob|gs|ssh|git\+ssh)://[^:@/\s]+@")
_SCHEME_AND_TOKEN = re.compile(r"\b(?P<scheme>Bearer|Basic|Token)\s+(?P<token>[A-Za-z0-9+/=._~-]{8,})", re.IGNORECASE)
_KNOWN_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:AGE-SECRET-KEY-1[A-Z0-9]+|(?:ghp|gho|ghs|glpat|xox[abprs]|github_pat|sk|hvs)[_-][A-Za-z0-9_-]{10,}"
    r"|AKIA[A-Z0-9]{12,}|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?)"
)
# Words of a command line inside a text: a flag and its value, perhaps quoted one by one; and flags of one letter that tools that
# people often use take a password with.
_FLAG = re.compile(
    r"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]*)(?P<gap>[\"']?(?:[ \t]*,[ \t]*|[ \t]+)[\"']?)(?P<value>[^\s\"',;\])-][^\s\"',;\])]*)"
)
_LOGIN = re.compile(
    r"(?<![\w-])(?P<flag>(?:-u|--user|--proxy-user)[ =][\"']?)(?P<login>[A-Za-z_][\w.@+-]*:[^\s\"']+)"
    r"|(?<!\w)(?P<tool>(?:sshpass[ ]+-p[ ]*|redis-cli[ ](?:[^\n;|&]{0,80}?[ ])?-a[ ]+|mysql\w*[ ](?:[^\n;|&]{0,80}?[ ])?-p)[\"']?)"
    r"(?P<word>[^\s\"']+)"
)
# "root password hunter2", but not "password manager".
_SAID = re.compile(r"\b(?P<what>(?:pass(?:word|wort|phrase)?|kennwort|pwd?)[ ]+)(?P<word>(?=\S*\d)[^\s\"',;)«]+)", re.IGNORECASE)
_NAME = re.compile(r"(?P<quote>[\"']?)(?P<name>[A-Za-z_][\w./-]*)(?P=quote)(?P<separator>[ \t]*(?::=|=>|=|:)[ \t]*)")
_VALUE = re.compile(r"\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s,;&\"'}\])]+")
_WORD_BEHIND = re.compile(r"[\"']?([\w./-]+)")
# The beginning of a YAML text or mapping that goes on below, further to the right.
_BLOCK = re.compile(r"(?:[|>][+-]?\d?)?[ \t]*\n")
_RUN = re.compile(r"(?<!sha256:)(?<!sha512:)(?<![A-Za-z0-9+=_-])[A-Za-z0-9+/=_-]{16,}")
_WINDOW = 16
_CHANGES = 6


@lru_cache(10_000)
def secret_name(name: str) -> bool:
    """Whether a value with this name is to be masked whatever it looks like."""
    if _REFERENCE.search(name):
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = [first + second for first, second in zip(words, words[1:])]
    return any(_SECRET_WORD.fullmatch(word) for word in (*words, *pairs))


def name_below(above: str, holder: t.Mapping[t.Any, t.Any], key: str) -> str:
    """The name that decides whether what stands below a key of a mapping is secret.

    above: the name that decides about the mapping itself. It is that one where it is secret and the key only names one of
    several secrets; the one beside the value in {name: DB_PASSWORD, value: …}; else the key.
    """
    beside = holder.get("name")
    name = beside if key in PAIRED and isinstance(beside, str) else key
    if key == "data" and holder.get("kind") == "Secret":
        return "stringData"
    inherits = secret_name(above) and key not in _DESCRIBES and not _REFERENCE.search(key)
    return above if inherits and not secret_name(name) else name


def looks_random(run: str) -> bool:
    """Whether some 16 characters in a row change between lower case, upper case and digits as a random string does.

    Words written together (terminationGracePeriodSeconds) change as often, but have no digit and no two capitals in a row; of
    random strings of that length one in about four hundred looks so.
    """
    return any(_changes_much(run[start : start + _WINDOW]) for start in range(max(1, len(run) - _WINDOW + 1)))


def _changes_much(text: str) -> bool:
    kinds = [_kind(character) for character in text]
    changes = sum(before != after for before, after in zip(kinds, kinds[1:]))
    return changes >= _CHANGES and bool(re.search(r"\d|[A-Z]{2}", text))


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "upper" if character.isupper() else "lower"


class Redactor:
    """Masks secrets so that equal secrets stay comparable: the mask is an HMAC with a key that never enters the evidence."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mask(self, value: str) -> str:
        """The mask of a whole value; a mask stays as it is."""
        if MASK.fullmatch(value):
            return value
        return f"«masked:{hmac.new(self._key, value.encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()[:8]}»"

    def named(self, name: str, value: str) -> str:
        """One value that has a name: an environment variable, an annotation, a configuration key."""
        if secret_name(name) and value.strip().lower() not in _HARMLESS:
            return self.mask(value)
        return self._structured(value)

    def mapping(self, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """named() over a flat mapping; what is not text goes through tree()."""
        return {name: self.named(name, value) if isinstance(value, str) else self.tree(value) for name, value in values.items()}

    def arguments(self, arguments: t.Sequence[str]) -> list[str]:
        """A command line, word by word."""
        out = []
        flag = ""
        for argument in arguments:
            name, equals, value = argument.partition("=")
            if name.startswith("-") and equals:
                out.append(f"{self.text(name)}={self.named(name, value)}")
            elif secret_name(flag) and not argument.startswith("-"):
                out.append(self.mask(argument))
            else:
                out.append(self.text(argument))
            flag = argument if argument.startswith("-") and not equals else ""
        return out

    def tree(self, value: t.Any, name: str = "") -> t.Any:
        """Nested mappings and lists, such as Helm values; name as name_below() gives it."""
        if isinstance(value, t.Mapping):
            return {self.text(str(key)): self.tree(leaf, name_below(name, value, str(key))) for key, leaf in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(leaf, name) for leaf in value]
        if isinstance(value, str):
            return self.named(name, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and secret_name(name):
            return self.mask(str(value))
        return value

    def text(self, value: str) -> str:
        """Free text: PEM blocks, URL user parts, tokens, values behind secret names, and words that look random."""
        value = _PEM.sub(lambda match: self.mask(match.group()), value)
        value = _USERINFO.sub(lambda match: f"{match['scheme']}{self.mask(match['userinfo'])}@", value)
        value = _BARE_USERINFO.sub(lambda match: f"{self.mask(match['userinfo'])}@", value)
        value = _SCHEME_AND_TOKEN.sub(lambda match: f"{match['scheme']} {self.mask(match['token'])}", value)
        value = _KNOWN_TOKEN.sub(lambda match: self.mask(match.group()), value)
        value = _LOGIN.sub(lambda match: (match["flag"] or match["tool"]) + self.mask(match["login"] or match["word"]), value)
        value = _FLAG.sub(self._flag, value)
        value = _SAID.sub(lambda match: match["what"] + self.mask(match["word"]), value)
        value = self._values_behind_names(value)
        return _RUN.sub(lambda match: self.mask(match.group()) if looks_random(match.group()) else match.group(), value)

    def url(self, value: str) -> str:
        """Address of a server, repository or bucket: only its user part, known tokens and values behind secret names are masked."""
        if not _NO_PASSWORD.match(value):
            value = _USERINFO.sub(lambda match: f"{match['scheme']}{self.mask(match['userinfo'])}@", value)
            value = _BARE_USERINFO.sub(lambda match: f"{self.mask(match['userinfo'])}@", value)
        value = _KNOWN_TOKEN.sub(lambda match: self.mask(match.group()), value)
        return self._values_behind_names(value)

    def _structured(self, value: str) -> str:
        """Text that is itself JSON is looked at key by key, so that a name far from its value still counts."""
        if value[:1] in ("{", "["):
            try:
                inner = json.loads(value)
            except ValueError:
                return self.text(value)
            return json.dumps(self.tree(inner), sort_keys=True, ensure_ascii=False)
        return self.text(value)

    def _flag(self, match: re.Match[str]) -> str:
        if not secret_name(match["name"]) or match["value"].lower() in _HARMLESS:
            return match.group()
        return f"{match.group()[: -len(match['value'])]}{self.mask(match['value'])}"

    def _values_behind_names(self, text: str) -> str:
        out = []
        position = 0
        beside = ""
        while match := _NAME.search(text, position):
            out.append(text[position : match.end()])
            position = match.end()
            secret = secret_name(beside if match["name"] in PAIRED and beside else match["name"])
            word = _WORD_BEHIND.match(text, position) if match["name"] == "name" else None
            beside = word[1] if word else ""
            if secret:
                end = _value_end(text, match)
                value = text[position:end]
                bare = value.strip().strip("\"'")
                out.append(value if bare.lower() in _HARMLESS else self.mask(value))
                position = end
        out.append(text[position:])
        return "".join(out)


def _value_end(text: str, match: re.Match[str]) -> int:
    """Where the value behind a name ends: a quoted text, a YAML text or mapping, the rest of a line, or one word."""
    start = match.end()
    line_start = text.rfind("\n", 0, match.start()) + 1
    before = text[line_start : match.start()]
    block = _BLOCK.match(text, start)
    if block:
        indent = len(before) - len(before.lstrip(" "))
        # The members of a list may stand right below its name.
        member = "" if before.strip() else rf"| {{{indent}}}- [^\n]*(?:\n|\Z)"
        lines = re.compile(rf"(?:[ \t]{{{indent + 1},}}[^\n]*(?:\n|\Z)|[ \t]*\n{member})*").match(text, block.end())
        return lines.end() if lines else block.end()
    spaced = match["separator"] != match["separator"].strip()
    if text[start : start + 1] not in ('"', "'") and spaced and re.fullmatch(r"[\s-]*(?:export )?", before):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    value = _VALUE.match(text, start)
    return value.end() if value else start
