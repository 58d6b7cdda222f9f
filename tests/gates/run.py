# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the gates: run.py [GATE ...]. Without names all of them, two at a time, each with its time, then a table.

Standard library only. The output of a gate goes to .cache/gates/<gate>.log and is shown when the gate fails. Nothing outside
.cache and a temporary folder is written: the gates get a HOME of their own.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LOGS = CACHE / "gates"
TOOLS = ROOT / ".venv" / "bin"
COLLECTION = "collections/ansible_collections/homelab/deepdive"
SANITY_PYTHONS = ("3.9", "3.11", "3.13")
# A gate that takes longer than this hangs.
GATE_SECONDS = 1500
# Top level of the artefact: what an installed collection needs, and what ansible-galaxy adds.
ARTEFACT = {
    *("CHANGELOG.md", "CONTRIBUTING.md", "COPYING", "README.md", "requirements.txt", "requirements.yml"),
    *("changelogs", "docs", "inventory", "meta", "playbooks", "plugins", "roles"),
    *("FILES.json", "MANIFEST.json"),
}


class GateError(Exception):
    """A gate found something; the message is one line for the table."""


class Shell:
    """Runs the commands of one gate and writes them, with their output, to its log."""

    def __init__(self, log: t.TextIO) -> None:
        self.log = log
        self.environment = gate_environment()

    def note(self, text: str) -> None:
        self.log.write(f"{text}\n")
        self.log.flush()

    def run(self, *command: str, cwd: Path = ROOT, **variables: str) -> None:
        """Run one command; a code other than 0 and GATE_SECONDS without an end fail the gate."""
        self.note(f"$ {' '.join(command)}")
        # A group of its own, so that nothing that the command started outlives it.
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with running_group(process):
            try:
                code = process.wait(timeout=GATE_SECONDS)
            except subprocess.TimeoutExpired:
                raise GateError(f"{Path(command[0]).name} did not end within {GATE_SECONDS} s") from None
        if code:
            raise GateError(f"{Path(command[0]).name} ended with code {code}")


COLLECTIONS_LOCK = threading.Lock()
RUNNING: set[int] = set()
RUNNING_LOCK = threading.Lock()


@contextlib.contextmanager
def running_group(process: subprocess.Popen[bytes]) -> t.Iterator[None]:
    """Keep the process group known to stop_all() while it runs, and end what is left of it afterwards."""
    with RUNNING_LOCK:
        RUNNING.add(process.pid)
    try:
        yield
    finally:
        with RUNNING_LOCK:
            RUNNING.discard(process.pid)
        kill_group(process.pid)


def kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def stop_all(number: int, frame: object) -> t.NoReturn:
    """On Ctrl-C and on SIGTERM: end all that the gates started, then this program."""
    with RUNNING_LOCK:
        groups = list(RUNNING)
    for group in groups:
        kill_group(group)
    print(f"\nStopped by {signal.Signals(number).name}.", flush=True)
    os._exit(128 + number)


def gate_environment() -> dict[str, str]:
    """The caller's environment, without what would lead a tool to the caller's own files or settings."""
    home = CACHE / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "XDG_", "MAKE", "PYTEST_"))}
    kept["HOME"] = str(home)
    kept["PATH"] = f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**kept, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PIP_QUIET": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def export(destination: Path, without: tuple[str, ...] = ()) -> Path:
    """Copy what git tracks, or would track, to an empty folder: no caches, no secrets, and not the link to this checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise GateError("git does not list the files of this checkout; make doctor says why")
    shutil.rmtree(destination, ignore_errors=True)
    for name in sorted(set(listed.stdout.split("\0")) - {"", COLLECTION}):
        if (ROOT / name).is_file() and not name.startswith(without):
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, destination / name, follow_symlinks=False)
    return destination


def build_artefact(shell: Shell, folder: Path) -> Path:
    """Build the collection from an export and return the path of the archive."""
    source = export(folder / "source")
    shell.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), str(source))
    return next(folder.glob("homelab-deepdive-*.tar.gz"))


def ruff(shell: Shell) -> None:
    shell.run("ruff", "check", ".")
    shell.run("ruff", "format", "--check", ".")


def mypy(shell: Shell) -> None:
    shell.run("mypy", f"{COLLECTION}/plugins", "tests/gates", "tests/lab")


def yamllint(shell: Shell) -> None:
    shell.run("yamllint", "--strict", ".")


def ansible_lint(shell: Shell) -> None:
    """The roles that change clusters use modules of another collection, which must be there to be checked."""
    shell.run(
        "ansible-lint", "--strict", ANSIBLE_COLLECTIONS_PATH=f"{ROOT / 'collections'}{os.pathsep}{foreign_collections(shell)}"
    )


def foreign_collections(shell: Shell) -> str:
    """The folder of the collections of others, fetched once."""
    fetch = [str(TOOLS / "python"), "tests/gates/foreign_collections.py"]
    with COLLECTIONS_LOCK:
        shell.run(*fetch)
    return subprocess.run(fetch, cwd=ROOT, env=shell.environment, capture_output=True, text=True, check=True).stdout.strip()


def docs(shell: Shell) -> None:
    shell.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all", ".")


def changelog(shell: Shell) -> None:
    shell.run("antsibull-changelog", "lint")


def pytest(shell: Shell) -> None:
    shell.run("pytest")


def real_pythons() -> dict[str, str]:
    """{version: path} of the interpreters for sanity that really run; behind pyenv's commands the interpreters themselves."""
    found: dict[str, str] = {}
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        places = [Path(folder)]
        if places[0].name == "shims":
            places = sorted(places[0].parent.glob("versions/*/bin"))
        for version in SANITY_PYTHONS:
            for path in (place / f"python{version}" for place in places):
                if version in found or not os.access(path, os.X_OK):
                    continue
                if subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0:
                    found[version] = str(path)
    return found


def offer_pip(home: Path) -> None:
    """Put a script where ansible-test keeps the pip installer that it would download: Python has one aboard."""
    source = next(ROOT.glob(".venv/lib/python*/site-packages/ansible_test/_internal/python_requirements.py"))
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"pip='([\d.]+)'", source.read_text(encoding="utf-8")):
        shutil.copyfile(ROOT / "tests" / "gates" / "get_pip.py", cache / f"get_pip_{version.replace('.', '_')}.py")


def sanity(shell: Shell) -> None:
    """ansible-test refuses links to folders and wants its own place, so it runs on an export; it makes its environments itself."""
    interpreters = CACHE / "sanity" / "bin"
    shutil.rmtree(interpreters, ignore_errors=True)
    interpreters.mkdir(parents=True)
    for version, path in real_pythons().items():
        (interpreters / f"python{version}").symlink_to(path)
        shell.note(f"Python {version}: {path}")
    offer_pip(Path(shell.environment["HOME"]))
    # The lab that the test bed shows is data: manifests of several documents, and files that are broken on purpose.
    data = ("tests/lab/demo_lab/", "tests/lab/recordings/")
    tree = export(CACHE / "sanity" / "ansible_collections" / "homelab" / "deepdive", without=data)
    shell.run("git", "init", "--quiet", ".", cwd=tree)
    shell.run("git", "add", "--all", cwd=tree)
    path = os.pathsep.join([str(interpreters), str(TOOLS), "/usr/local/bin", "/usr/bin", "/bin"])
    shell.run("ansible-test", "sanity", "--color", "no", cwd=tree, PATH=path)


def artefact(shell: Shell) -> None:
    """The built archive, installed, runs the audit of the demo lab from a folder that knows nothing of this checkout."""
    archive = build_artefact(shell, CACHE / "artefact")
    with tarfile.open(archive) as opened:
        top = {name.split("/")[0] for name in opened.getnames()}
        if "inventory/lab.yml" in opened.getnames():
            raise GateError("the artefact holds inventory/lab.yml, which may hold secrets")
    if not top <= ARTEFACT:
        raise GateError(f"the artefact holds {', '.join(sorted(top - ARTEFACT))}; see build_ignore in galaxy.yml")
    with tempfile.TemporaryDirectory(prefix="deepdive-artefact-") as folder:
        collections = f"{folder}/collections"
        elsewhere = Path(folder) / "elsewhere"
        elsewhere.mkdir()
        shell.run("ansible-galaxy", "collection", "install", "--offline", "-p", collections, str(archive), cwd=elsewhere)
        demo = [str(TOOLS / "python"), "tests/lab/demo.py", "run", "--playbook", "homelab.deepdive.audit"]
        shell.run(*demo, "--chdir", str(elsewhere), "--collections-path", collections)


def galaxy_importer(shell: Shell) -> None:
    """What Galaxy says to an upload; its warnings count, since people would read them there."""
    pins = ROOT / "requirements" / "importer.txt"
    folder = CACHE / "importer"
    packages = folder / "packages"
    stamp = packages / "installed-from.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        shutil.rmtree(packages, ignore_errors=True)
        pip = [str(TOOLS / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
        shell.run(*pip, "--target", str(packages), "--requirement", str(pins))
        shutil.copyfile(pins, stamp)
    archive = build_artefact(shell, folder)
    importer = [str(TOOLS / "python"), "-m", "galaxy_importer.main", str(archive)]
    # The importer names a path of collections of its own; Ansible looks where Python looks, too.
    shell.run(*importer, cwd=folder, PYTHONPATH=f"{packages}{os.pathsep}{foreign_collections(shell)}")
    said = (LOGS / "galaxy-importer.log").read_text(encoding="utf-8")
    complaints = re.findall(r"^(?:WARNING|ERROR|CRITICAL): .*", said, re.MULTILINE)
    if complaints:
        raise GateError(complaints[0])


# The slow ones first, so that the quick ones fill the second core beside them.
GATES: dict[str, t.Callable[[Shell], None]] = {
    "sanity": sanity,
    "pytest": pytest,
    "galaxy-importer": galaxy_importer,
    "artefact": artefact,
    "ansible-lint": ansible_lint,
    "antsibull-docs": docs,
    "mypy": mypy,
    "changelog": changelog,
    "yamllint": yamllint,
    "ruff": ruff,
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one gate ended; failure is empty when it passed."""

    gate: str
    seconds: float
    failure: str

    def line(self) -> str:
        word = "FAILED" if self.failure else "passed"
        return f"{word}  {self.gate:<16}{self.seconds:7.1f} s  {self.failure[:100]}".rstrip()


def run_gate(name: str) -> Outcome:
    """Run one gate into its log."""
    started = time.monotonic()
    failure = ""
    with (LOGS / f"{name}.log").open("w", encoding="utf-8") as log:
        try:
            GATES[name](Shell(log))
        except GateError as stop:
            failure = str(stop)
            log.write(f"{failure}\n")
    return Outcome(name, time.monotonic() - started, failure)


def main(names: list[str]) -> int:
    """Run the named gates, or all; 0 when every one passed, 2 for a name that is no gate."""
    unknown = [name for name in names if name not in GATES]
    if unknown:
        print(f"no such gate: {', '.join(unknown)}; there are: {', '.join(GATES)}")
        return 2
    signal.signal(signal.SIGINT, stop_all)
    signal.signal(signal.SIGTERM, stop_all)
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    outcomes: list[Outcome] = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_gate, name) for name in names or GATES]):
            outcome = done.result()
            outcomes.append(outcome)
            print(outcome.line(), flush=True)
            if outcome.failure:
                log = LOGS / f"{outcome.gate}.log"
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
                print("\n".join(f"    {line}" for line in lines[-200:]), flush=True)
    failed = [outcome for outcome in outcomes if outcome.failure]
    print("\n" + "\n".join(outcome.line() for outcome in sorted(outcomes, key=lambda outcome: outcome.gate)))
    seconds = time.monotonic() - started
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} gates passed in {seconds:.0f} s; their logs are in .cache/gates")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
