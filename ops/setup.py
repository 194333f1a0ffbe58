"""`make setup`: virtual environment, pinned Python libraries, front-end libraries. Standard library only.

Runs under whatever `python3` the machine has, so that it can say in one line when that one will not do. Every step is
recorded by the hash of its lock file: a second call finds nothing to do, an interrupted one is simply repeated.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ops import vendor
from ops.disk import require_space
from ops.errors import OpsError
from ops.paths import ROOT, VAR, VENV, venv_binary

PYTHONS = ((3, 11), (3, 12))
OLDEST_NODE = 18
INSTALL_MEGABYTES = 2500
LOG = VAR / "setup.log"
NODE_MODULES = ROOT / "node_modules"


def setup(*, dev: bool = False) -> None:
    """Bring everything up to its lock files; `dev` adds what tests need. OpsError says what is missing."""
    VAR.mkdir(exist_ok=True)
    lists = ["requirements.txt"] + (["requirements-dev.txt"] if dev else [])
    wanted = [name for name in lists if not _is_stamped(VENV, name)]
    if wanted or not _venv_works():
        require_space(ROOT, INSTALL_MEGABYTES, "installing")
        LOG.unlink(missing_ok=True)
    if not _venv_works():
        _step("virtual environment", make_venv)
        wanted = lists
    # npm waits for the network most of the time, so both installations run side by side where Node is at hand.
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(_front_end) if find_npm() else None
        if wanted:
            _step("Python libraries", lambda: _install_all(wanted))
        if early:
            early.result()
    if not early:
        _front_end()
    _compile_catalogues()


def _compile_catalogues() -> None:
    """Sentences as the running program reads them, made from the catalogues of app/translations."""
    sources = list((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"))
    compiled = [source.with_suffix(".mo") for source in sources]
    pairs = zip(sources, compiled, strict=True)
    if all(
        target.exists() and target.stat().st_mtime >= source.stat().st_mtime
        for source, target in pairs
    ):
        return
    python = str(venv_binary("python"))
    _step("translations", lambda: _run([python, "-m", "ops.catalogues", "compile"], "Compiling"))


def make_venv() -> None:
    """Make .venv with a Python that MediaPipe supports: this one, another on PATH, or one that uv brings."""
    shutil.rmtree(VENV, ignore_errors=True)
    uv = find_uv()
    python = find_python()
    if python is None and uv is None:
        raise OpsError(wrong_python(sys.version_info[:2]))
    if uv is not None:
        _run(
            [uv, "venv", "--seed", "--python", python or "3.12", str(VENV)],
            "The virtual environment",
        )
    else:
        command = [str(python), "-m", "venv", str(VENV)]
        _run(command, "The virtual environment (on Debian: apt-get install python3-venv)")
    _stamp_path(VENV, "root").parent.mkdir(exist_ok=True)
    _stamp_path(VENV, "root").write_text(str(ROOT))


def install(requirements: str) -> None:
    """Install one compiled list, every file checked against its hash; by uv, or by pip where uv does not work."""
    uv = find_uv() or _install_uv()
    options = ["--require-hashes", "--no-deps", "-r", requirements]
    python = str(venv_binary("python"))
    done = False
    if uv is not None:
        command = [uv, "pip", "install", "--python", python, *options]
        done = _try([*command], _uv_environment())
    if not done:
        _run([python, "-m", "pip", "install", "--no-input", *options], "The Python libraries")
    _stamp(VENV, requirements)


def _install_all(lists: list[str]) -> None:
    for name in lists:
        install(name)


def find_python() -> str | None:
    """A supported Python: this one or another on PATH."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    for major, minor in reversed(PYTHONS):
        path = shutil.which(f"python{major}.{minor}")
        # A version manager's shim may be on PATH without its version being chosen.
        if path and _try([path, "-c", "pass"]):
            return path
    return None


def wrong_python(version: tuple[int, ...]) -> str:
    """What to tell somebody whose machine has no supported Python and no uv."""
    has = ".".join(str(part) for part in version)
    return f"RestartiX needs Python 3.11 or 3.12, this is {has}: install one of them, or uv, which brings it along"


def find_uv() -> str | None:
    """uv, from the system or from .venv."""
    own = venv_binary("uv")
    return str(own) if own.exists() else shutil.which("uv")


def find_npm() -> str | None:
    """npm, from the system if its Node is recent enough, or from .venv."""
    own = venv_binary("npm")
    if own.exists():
        return str(own)
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().lstrip("v").split(".")[0]
    return npm if major.isdigit() and int(major) >= OLDEST_NODE else None


def _front_end() -> None:
    if _vendor_is_fresh():
        return
    if not _is_stamped(NODE_MODULES, "package-lock.json"):
        _step("front-end libraries", _install_node_modules)
    vendor.build()
    (vendor.VENDOR / ".fingerprint").write_text(vendor.fingerprint())


def _install_node_modules() -> None:
    npm = find_npm()
    if npm is None:
        install("requirements-node.txt")
        npm = str(venv_binary("npm"))
    # npm from the wheel starts `node` by name.
    environment = {"PATH": f"{venv_binary('')}{os.pathsep}{os.environ.get('PATH', '')}"}
    _run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "The front-end libraries",
        environment,
    )
    _stamp(NODE_MODULES, "package-lock.json")


def _vendor_is_fresh() -> bool:
    try:
        return (vendor.VENDOR / ".fingerprint").read_text() == vendor.fingerprint()
    except OSError:
        return False


def _install_uv() -> str | None:
    command = [str(venv_binary("python")), "-m", "pip", "install", "--no-input", "--require-hashes"]
    if _try([*command, "--no-deps", "-r", "requirements-uv.txt"]):
        return find_uv()
    return None


def _uv_environment() -> dict[str, str]:
    """uv does not read pip's configuration; hand over the one setting that decides whether anything is found."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        return {}
    query = [str(venv_binary("python")), "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or answer.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _venv_works() -> bool:
    """Whether .venv has an interpreter and was made for this folder (its scripts carry absolute paths)."""
    try:
        made_for = _stamp_path(VENV, "root").read_text()
    except OSError:
        return False
    return made_for == str(ROOT) and venv_binary("python").exists()


def _digest(lock_file: str) -> str:
    return hashlib.sha256((ROOT / lock_file).read_bytes()).hexdigest()


def _stamp_path(folder: Path, name: str) -> Path:
    return folder / ".stamps" / name


def _is_stamped(folder: Path, lock_file: str) -> bool:
    try:
        return _stamp_path(folder, lock_file).read_text() == _digest(lock_file)
    except OSError:
        return False


def _stamp(folder: Path, lock_file: str) -> None:
    path = _stamp_path(folder, lock_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_digest(lock_file))


def _step(what: str, work: Callable[[], None]) -> None:
    started = time.monotonic()
    _say(f"  {what} ...")
    work()
    _say(f"  {what}: {time.monotonic() - started:.1f} s")


def _say(line: str) -> None:
    """In one write, as two steps may speak at the same moment."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _try(command: list[str], environment: dict[str, str] | None = None) -> bool:
    with LOG.open("ab") as log:
        log.write(("\n$ " + " ".join(command) + "\n").encode())
        log.flush()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    return done.returncode == 0


def _run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    if _try(command, environment):
        return
    raise OpsError(
        f"{what} could not be installed: {_reason(LOG.read_text(errors='replace'))}. Details: {LOG}"
    )


def _reason(log: str) -> str:
    """The likely cause, from the tail of the installers' output."""
    tail = log[-6000:].lower()
    if "no space left" in tail:
        return "the disk is full; free some space and run make setup again"
    unreachable = (
        "resolve",
        "connect",
        "network",
        "timed out",
        "eai_again",
        "enotfound",
        "econnrefused",
        "dns",
    )
    if any(word in tail for word in unreachable):
        return "the package index cannot be reached; check the network (or proxy) and run make setup again"
    return "the installer failed; run make setup again after fixing what it says"


def main(arguments: list[str]) -> int:
    """Command line: `--dev` adds what tests and checks need."""
    started = time.monotonic()
    try:
        setup(dev="--dev" in arguments)
    except (OpsError, vendor.VendorError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run make setup again to continue", file=sys.stderr)
        return 130
    if "--quiet" not in arguments:
        print(f"Set up in {time.monotonic() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
