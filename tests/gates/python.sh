#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints the path of the Python that .venv is made with: $PYTHON, or the first of a list that is new enough and complete.
# Every candidate is run, not only looked up: pyenv leaves commands that exist and only print an error.

# A locale that is not installed makes shells warn, pyenv's among them.
export LC_ALL=C

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3
fi

probe='
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d, 3.11 is needed" % sys.version_info[:2])
try:
    import ensurepip, venv
except ImportError as error:
    sys.exit("lacks the module %s" % error.name)
# Not the one of an active virtual environment, which may be the very .venv that is about to be made again.
print(getattr(sys, "_base_executable", sys.executable))
'
tried=''
for candidate in "$@"; do
    if ! command -v "$candidate" >/dev/null 2>&1; then
        reason='is not installed'
    elif path=$("$candidate" -I -c "$probe" 2>/dev/null); then
        printf '%s\n' "$path"
        exit 0
    else
        reason=$("$candidate" -I -c "$probe" 2>&1 | sed -n '/./{p;q;}')
        case $reason in is\ *|lacks\ *) ;; *) reason="does not run: $reason" ;; esac
    fi
    tried="$tried
  $candidate $reason"
done

cat >&2 <<END
cannot choose a Python: none of these is 3.11 or newer with venv:$tried
Debian, Ubuntu: sudo apt-get install python3-venv
Fedora, openSUSE, Arch, Alpine: install the package python3 (3.11 or newer); venv comes with it
Another one: make PYTHON=/path/to/python3 …
END
exit 1
