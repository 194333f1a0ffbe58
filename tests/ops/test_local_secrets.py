"""Secrets are made once, kept private and never silently replaced."""

import base64
import stat
from pathlib import Path

import pytest

from ops import local_secrets
from ops.errors import OpsError


def test_made_once_and_kept(tmp_path: Path):
    first = local_secrets.load(tmp_path / "secrets.env")
    assert local_secrets.load(tmp_path / "secrets.env") == first
    assert set(first) == set(local_secrets.GENERATED)
    assert all(len(value) >= 32 for value in first.values())


def test_only_the_user_may_read_them(tmp_path: Path):
    local_secrets.load(tmp_path / "secrets.env")
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_two_systems_share_nothing(tmp_path: Path):
    one = local_secrets.load(tmp_path / "one.env")
    two = local_secrets.load(tmp_path / "two.env")
    assert not set(one.values()) & set(two.values())


def test_encryption_key_has_a_name_and_256_bits(tmp_path: Path):
    name, _, key = local_secrets.load(tmp_path / "s.env")["ENCRYPTION_KEYS"].partition(":")
    assert name
    assert len(base64.b64decode(key, validate=True)) == 32


def test_a_secret_that_a_newer_version_needs_is_added(tmp_path: Path):
    path = tmp_path / "secrets.env"
    path.write_text("SECRET_KEY=kept\nOWN=too\n")
    kept = local_secrets.load(path)
    assert kept["SECRET_KEY"] == "kept"
    assert kept["OWN"] == "too"
    assert kept["TELEMETRY_TOKEN_SECRET"]


def test_a_damaged_file_is_refused_not_replaced(tmp_path: Path):
    path = tmp_path / "secrets.env"
    path.write_text("SECRET_KEY=a\nENCRYPT")
    with pytest.raises(OpsError, match="line 2"):
        local_secrets.load(path)
    assert path.read_text() == "SECRET_KEY=a\nENCRYPT"
