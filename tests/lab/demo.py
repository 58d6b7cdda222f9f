# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo lab on loopback: "run" audits it, "serve" keeps it there for a second terminal. Needs requirements/audit.txt only."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.demo_tier import DemoLab, demo_lab
from lab.processes import busy_ports

ROOT = Path(__file__).resolve().parents[2]
# The same ports every time, where they are free: the report names the API server.
_PORTS = (28006, 26443)


def _ports() -> tuple[int, int]:
    busy = busy_ports(_PORTS)
    proxmox, kubernetes = (0 if port in busy else port for port in _PORTS)
    return proxmox, kubernetes


def _command(lab: DemoLab, arguments: argparse.Namespace) -> list[str]:
    beside = Path(sys.executable).with_name("ansible-playbook")
    command = [str(beside) if beside.exists() else "ansible-playbook", arguments.playbook, "-e", f"audit_lab_file={lab.lab_file}"]
    if arguments.audit_dir:
        command += ["-e", f"audit_dir={arguments.audit_dir}"]
    return [*command, *arguments.extra]


def _where(lab: DemoLab) -> str:
    return f"demo lab on loopback (Proxmox {lab.pve.url}, Kubernetes {lab.kube_url})"


def run(lab: DemoLab, arguments: argparse.Namespace) -> int:
    """Audit the demo lab; the exit code is that of ansible-playbook."""
    print(f"Auditing the {_where(lab)}, not a lab of yours.", flush=True)
    env = dict(os.environ)
    if arguments.collections_path:
        env["ANSIBLE_COLLECTIONS_PATH"] = str(Path(arguments.collections_path).resolve())
    with subprocess.Popen(_command(lab, arguments), cwd=arguments.chdir, env=env) as child:
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            raise
    print(f"That was the {_where(lab)}, not a lab of yours.", flush=True)
    return code


def serve(lab: DemoLab, arguments: argparse.Namespace) -> int:
    """Keep the servers until SIGINT or SIGTERM."""
    print(f"Serving the {_where(lab)} until Ctrl+C. Lab file:\n\n  {lab.lab_file}\n\nAudit it from another terminal with\n")
    print(f"  cd {shlex.quote(str(Path(arguments.chdir).resolve()))} && {shlex.join(_command(lab, arguments))}\n", flush=True)
    threading.Event().wait()
    return 0


def _arguments(words: t.Sequence[str]) -> argparse.Namespace:
    """What is not ours, or follows --, goes to ansible-playbook."""
    ours, extra = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser(description=__doc__, epilog="All other arguments go to ansible-playbook.", allow_abbrev=False)
    parser.add_argument("action", choices=("run", "serve"))
    parser.add_argument("--playbook", default="audit.yml", help="playbook, or the name of one in a collection (default: audit.yml)")
    parser.add_argument("--chdir", default=str(ROOT), help="where ansible-playbook runs (default: this checkout)")
    parser.add_argument("--collections-path", help="where Ansible looks for collections")
    parser.add_argument("--audit-dir", help="where the report goes, relative to --chdir (default: that of the role)")
    arguments, others = parser.parse_known_args(ours)
    arguments.extra = [*others, *extra]
    return arguments


def _stop(*_signal: object) -> t.NoReturn:
    raise SystemExit(130)


def main() -> int:
    """Start the servers in a private folder, do what was asked, and leave nothing behind."""
    arguments = _arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with tempfile.TemporaryDirectory(prefix="homelab-deepdive-demo-") as folder, demo_lab(Path(folder), ports=_ports()) as lab:
        return run(lab, arguments) if arguments.action == "run" else serve(lab, arguments)


if __name__ == "__main__":
    sys.exit(main())
