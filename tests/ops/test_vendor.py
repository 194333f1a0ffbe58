"""Front-end files: copied, compressed, and never half a set."""

import gzip
from pathlib import Path

import pytest

from ops import vendor

OUTLINE = """<svg xmlns="http://www.w3.org/2000/svg" class="icon">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M5 12l5 5" />
</svg>"""


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    root = tmp_path / "node_modules"
    for source, _ in vendor.COPIES:
        (root / source).parent.mkdir(parents=True, exist_ok=True)
        (root / source).write_bytes(b"let a = 1;\n//# sourceMappingURL=a.js.map\n")
    for style in ("outline", "filled"):
        (root / vendor.ICONS / style).mkdir(parents=True)
        (root / vendor.ICONS / style / "check.svg").write_text(OUTLINE)
    return root


def build(node_modules: Path, names: str) -> Path:
    icons = node_modules.parent / "icons.txt"
    icons.write_text(names)
    target = node_modules.parent / "vendor"
    vendor.build(node_modules, target, icons)
    return target


def test_every_listed_file_arrives_with_its_compressed_twin(node_modules: Path):
    target = build(node_modules, "check")
    for _, name in vendor.COPIES:
        file = target / name
        assert b"let a = 1" in file.read_bytes()
        if file.suffix in vendor.COMPRESSIBLE:
            assert (
                gzip.decompress(file.with_name(file.name + ".gz").read_bytes()) == file.read_bytes()
            )


def test_scripts_ask_for_no_source_map(node_modules: Path):
    target = build(node_modules, "check")
    scripts = [target / name for _, name in vendor.COPIES if name.endswith(".js")]
    assert scripts
    assert all(b"sourceMappingURL" not in script.read_bytes() for script in scripts)


def test_sprite_has_one_symbol_a_name_without_its_frame(node_modules: Path):
    sprite = (
        build(node_modules, "check # a comment\ncheck-filled\n\n") / vendor.SPRITE
    ).read_text()
    assert sprite.count("<symbol") == 2
    assert 'id="icon-check-filled" viewBox="0 0 24 24" fill="currentColor"' in sprite
    assert "M0 0h24v24H0z" not in sprite


def test_unknown_icon_is_named_and_the_old_set_stays(node_modules: Path):
    target = build(node_modules, "check")
    with pytest.raises(vendor.VendorError, match="'no-such-icon'"):
        build(node_modules, "no-such-icon")
    assert (target / vendor.SPRITE).exists()


def test_fingerprint_follows_the_icon_list(tmp_path: Path):
    lock, icons = tmp_path / "lock", tmp_path / "icons"
    lock.write_text("{}")
    before = vendor.fingerprint(lock, icons)
    icons.write_text("check")
    assert vendor.fingerprint(lock, icons) != before
