# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The templates: found in folders, the user's before ours, and rendered with data that can never become markup or a template."""

from __future__ import annotations

import json
import re
import traceback
import typing as t
from pathlib import Path

from .._errors import LabError, MissingPackagesError
from .._words import duration, percent, size
from .judged import sentence, shown
from .text import UNKNOWN, Safe, block, code, prose, show
from .words import cores, count, day, gib, moment, port, seconds

try:
    import jinja2
except ImportError:  # ansible-core brings it; the check of imports for other Pythons does not
    HAS_JINJA2 = False
else:
    HAS_JINJA2 = True

_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING_SPACES = re.compile(r"[ \t]+$", re.MULTILINE)


class Templates:
    """Renders templates by name. folders: looked through in this order, so that the first that has a template wins."""

    def __init__(self, folders: t.Sequence[Path]) -> None:
        if not HAS_JINJA2:
            raise MissingPackagesError(
                "cannot render the report: the Python package jinja2 is missing; install it beside ansible-core"
            )
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            autoescape=False,  # would escape for HTML; finalize escapes for Markdown
            finalize=_finalize,
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            code=_known(_each(code)),
            prose=_known(prose),
            gib=_known(gib),
            block=_known(block),
            size=_known(size),
            percent=_known(percent),
            port=_known(port),
            cores=_known(cores),
            duration=_known(duration),
            seconds=_known(seconds),
            day=_known(day),
            moment=_known(moment),
            counted=_known(count),
            sentence=sentence,
            shown=shown,
            some=_known(_some),
            evidence=_evidence,
        )

    def render(self, name: str, data: t.Mapping[str, t.Any]) -> str:
        """One document, with at most one blank line in a row and one newline at its end. LabError names template and line."""
        try:
            text = self._environment.get_template(name).render(data)
        except jinja2.TemplateSyntaxError as exc:
            raise LabError(f"cannot render {name}: line {exc.lineno} of {exc.name or name}: {exc.message}; {_HINT}") from exc
        except jinja2.TemplateNotFound as exc:
            raise LabError(f"cannot render {name}: there is no template {exc.name}; {_HINT}") from exc
        except (jinja2.TemplateError, TypeError, ValueError) as exc:
            raise LabError(f"cannot render {name}: {_place(exc)}{exc}; {_HINT}") from exc
        return _BLANK_LINES.sub("\n\n", _TRAILING_SPACES.sub("", text)).strip("\n") + "\n"


_UNITS = {"bytes": size, "ratio": percent, "seconds": duration}
_MOST_ITEMS = 10
_HINT = "correct the templates in templates_dirs"


def _place(error: Exception) -> str:
    """Which line of which template an error comes from: Jinja puts templates into the traceback."""
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return f"line {lines[-1].lineno} of {lines[-1].filename}: " if lines else ""


def _finalize(value: t.Any) -> str:
    """What every printed expression goes through. A key that a row lacks was not read; any other unknown name is a mistake."""
    if isinstance(value, jinja2.Undefined):
        return UNKNOWN if isinstance(value._undefined_obj, dict) else str(value)
    return show(value)


def _known(function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """A filter that leaves what was not read, and null, to be printed as such."""
    return lambda value, *more: value if value is None or isinstance(value, jinja2.Undefined) else function(value, *more)


def _each(function: t.Callable[[str], Safe]) -> t.Callable[[t.Any], t.Any]:
    """A filter for a text or a list of texts."""
    return lambda value: [function(str(item)) for item in value] if isinstance(value, (list, tuple)) else function(str(value))


def _evidence(value: t.Any, name: str) -> t.Any:
    """A value that a finding rests on: any JSON. The end of its name tells its unit, as in the model."""
    if isinstance(value, (list, tuple)):
        return _some([Safe(show(_evidence(item, name))) for item in value])
    if isinstance(value, str) and "\n" in value:
        return code(value)
    if isinstance(value, t.Mapping):
        return code(json.dumps(value, sort_keys=True, ensure_ascii=False))
    unit = _UNITS.get(name.rpartition("_")[2])
    return unit(value) if unit and isinstance(value, (int, float)) else value


def _some(items: t.Sequence[t.Any]) -> list[t.Any]:
    """The first items of a long list, and how many more there are."""
    more = len(items) - _MOST_ITEMS
    return [*items[:_MOST_ITEMS], f"{more} more in report.json"] if more > 1 else list(items)
