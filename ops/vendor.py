"""Copies the few front-end files we serve from node_modules into static/vendor, compressed beside the original.

Standard library only. To serve another file add a row to COPIES; to show another icon add its name to static/icons.txt.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
ICON_LIST = ROOT / "static" / "icons.txt"
VENDOR = ROOT / "static" / "vendor"

FIGTREE = "@fontsource-variable/figtree/files"
# Pairs: the file in node_modules, then its name in static/vendor.
COPIES: tuple[tuple[str, str], ...] = (
    ("htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx-ext-sse/dist/sse.min.js", "htmx/sse.min.js"),
    (f"{FIGTREE}/figtree-latin-wght-normal.woff2", "fonts/figtree-latin.woff2"),
    (f"{FIGTREE}/figtree-latin-ext-wght-normal.woff2", "fonts/figtree-latin-ext.woff2"),
)
ICONS = "@tabler/icons/icons"
SPRITE = "icons/sprite.svg"

COMPRESSIBLE = frozenset({".css", ".js", ".json", ".mjs", ".svg", ".txt", ".wasm"})
MAP_COMMENT = re.compile(rb"(?://#|/\*#) sourceMappingURL=[^\n]*")


class VendorError(RuntimeError):
    """A listed file or icon does not exist in node_modules; the message names it."""


def build(
    node_modules: Path = NODE_MODULES, vendor: Path = VENDOR, icon_list: Path = ICON_LIST
) -> int:
    """Rebuild `vendor` beside itself and swap it in, so that a failure leaves the old one. Returns the file count."""
    fresh = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in COPIES:
        _write(fresh / target, _read(node_modules / source))
    _write(fresh / SPRITE, sprite(node_modules / ICONS, read_icon_list(icon_list)))
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)
    return len(COPIES) + 1


def fingerprint(lock_file: Path = ROOT / "package-lock.json", icon_list: Path = ICON_LIST) -> str:
    """Hash of everything that decides the content of static/vendor."""
    digest = hashlib.sha256()
    for path in (lock_file, icon_list, Path(__file__)):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def read_icon_list(path: Path) -> list[str]:
    """Icon names, one a line; `name-filled` means the filled style; `#` starts a comment."""
    lines = (
        line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines()
    )
    return sorted({line for line in lines if line})


def sprite(icons: Path, names: list[str]) -> bytes:
    """One SVG whose symbols are `icon-NAME`; colour and size come from the page (`currentColor`)."""
    symbols = "\n".join(_symbol(icons, name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'.encode()


def _symbol(icons: Path, name: str) -> str:
    filled = name.endswith("-filled")
    path = icons / ("filled" if filled else "outline") / f"{name[:-7] if filled else name}.svg"
    if not path.is_file():
        raise VendorError(
            f"static/icons.txt names the icon '{name}', which @tabler/icons does not have"
        )
    svg = path.read_text(encoding="utf-8")
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", body)
    shape = " ".join(body.split())
    paint = (
        'fill="currentColor"'
        if filled
        else 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    )
    return f'<symbol id="icon-{name}" viewBox="0 0 24 24" {paint}>{shape}</symbol>'


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise VendorError(f"{path.relative_to(path.anchor)} is missing; run make setup")
    data = path.read_bytes()
    # Source maps are not served, so the comment that asks for them would only cause a 404 in developer tools.
    return MAP_COMMENT.sub(b"", data) if path.suffix in {".css", ".js", ".mjs"} else data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if path.suffix in COMPRESSIBLE:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, 9, mtime=0))


def main() -> int:
    """Command line: rebuild static/vendor (`python -m ops.vendor`)."""
    try:
        count = build()
    except (VendorError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"static/vendor: {count} files")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
