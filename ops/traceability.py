"""From requirement ids to the tests that prove them: writes docs/traceability.md (CMP-03; IEC 62304, 5.2.6).

`python -m ops.traceability` writes the page, `--check` only says whether it is current, an id lists its tests by name.
Reads files and runs nothing, so that it needs no virtual environment.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.paths import ROOT

REQUIREMENTS = ROOT / "docs" / "requirements.md"
TRACE = ROOT / "docs" / "traceability.md"
TESTS = ROOT / "tests"
LINE = re.compile(r"^\| ([A-Z0-9]{3}-\d{2}) \| (.+?) \|$", re.MULTILINE)
HEAD = """# From requirement to test

Made by `make trace` from [requirements.md](requirements.md) and the ids that tests name; a test fails when it is stale.
`python -m ops.traceability SCH-05` lists the tests of one requirement by name.

{proven} of {total} requirements have tests.

| id | requirement | proven in |
|---|---|---|
"""


@dataclass(frozen=True)
class Proof:
    """One test that names a requirement. `path` is relative to the project."""

    requirement: str
    path: str
    test: str


def requirements() -> dict[str, str]:
    """Every requirement by id, in the order of the page."""
    return dict(LINE.findall(REQUIREMENTS.read_text(encoding="utf-8")))


def proofs(folder: Path = TESTS) -> list[Proof]:
    """What the tests below `folder` say that they prove."""
    found: list[Proof] = []
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        found += proofs_of(path.read_text(encoding="utf-8"), name)
    return found


def proofs_of(source: str, path: str) -> list[Proof]:
    """The ids named by each test of one file: on the test, on its class, or for the whole file."""
    tree = ast.parse(source)
    everywhere = [
        one
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_pytestmark(node)
        for one in _ids(node.value)
    ]
    return [
        Proof(requirement, path, test)
        for test, marked in _tests(tree.body, everywhere)
        for requirement in sorted(set(marked))
    ]


def page() -> str:
    """The content of docs/traceability.md."""
    known = requirements()
    files: dict[str, set[str]] = defaultdict(set)
    for proof in proofs():
        files[proof.requirement].add(proof.path)
    lines = [
        f"| {name} | {text} | {_cell(files[name])} |" if name in files else _open(name, text)
        for name, text in known.items()
    ]
    head = HEAD.format(proven=sum(name in files for name in known), total=len(known))
    return head + "\n".join(lines) + "\n"


def unknown_ids() -> list[Proof]:
    """Tests that name a requirement which does not exist."""
    known = requirements()
    return [proof for proof in proofs() if proof.requirement not in known]


def main(arguments: list[str]) -> int:
    """Command line; see the module."""
    if arguments and arguments[0] != "--check":
        for proof in proofs():
            if proof.requirement in arguments:
                print(f"{proof.requirement}  {proof.path}::{proof.test}")
        return 0
    for proof in unknown_ids():
        print(f"{proof.path}::{proof.test} names {proof.requirement}, which does not exist")
    if arguments:
        current = TRACE.is_file() and TRACE.read_text(encoding="utf-8") == page()
        if not current:
            print("docs/traceability.md is stale: run `make trace`")
        return 0 if current and not unknown_ids() else 1
    TRACE.write_text(page(), encoding="utf-8")
    return 1 if unknown_ids() else 0


def _tests(body: list[ast.stmt], marked: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, [*marked, *_decorated(node)])
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, [*marked, *_decorated(node)]


def _decorated(node: ast.ClassDef | ast.FunctionDef) -> list[str]:
    return [one for decorator in node.decorator_list for one in _ids(decorator)]


def _ids(expression: ast.expr) -> list[str]:
    """The ids inside `pytest.mark.proves(...)`, wherever in the expression it stands."""
    return [
        argument.value
        for call in ast.walk(expression)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "proves"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def _is_pytestmark(node: ast.Assign) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _cell(paths: set[str]) -> str:
    return "<br>".join(f"[{path.removeprefix('tests/')}](../{path})" for path in sorted(paths))


def _open(name: str, text: str) -> str:
    return f"| {name} | {text} | not built yet |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
