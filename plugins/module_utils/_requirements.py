# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Python packages that are missing, said once and with the command that installs them for the Python that really runs."""

from __future__ import annotations

import shlex
import sys
import typing as t

from ._errors import MissingPackagesError


def require(missing: t.Iterable[str]) -> None:
    """MissingPackagesError when there are any; missing: pip requirements such as "proxmoxer>=2.3.0"."""
    packages = sorted(set(missing))
    if packages:
        command = shlex.join([sys.executable, "-m", "pip", "install", *packages])
        raise MissingPackagesError(f"cannot audit the lab: Python packages are missing ({', '.join(packages)}); run: {command}")
