"""A port in use, ports that are none, both ports the same."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import run
from ops.environment import Ports
from ops.errors import OpsError
from ops.ports import free_port, holder, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_taken_port_is_not_free(taken: int):
    assert not is_free(taken)
    assert free_port(taken) != taken


def test_free_port_keeps_the_preferred_one():
    port = free_port()
    assert free_port(port) == port


def test_holder_names_the_process(taken: int):
    assert f"(pid {os.getpid()})" in holder(taken)


@pytest.mark.parametrize("name", ["WEB_PORT", "TELEMETRY_PORT"])
def test_start_says_who_holds_the_port_and_how_to_choose_another(
    taken: int, name: str, tmp_path: Path
):
    environment = {
        "WEB_PORT": str(free_port()),
        "TELEMETRY_PORT": str(free_port()),
        name: str(taken),
    }
    with pytest.raises(OpsError) as refusal:
        run.run(environment, tmp_path)
    message = str(refusal.value)
    assert f"Port {taken} is in use by" in message
    assert f"(pid {os.getpid()})" in message
    assert f"{name}=PORT make run" in message
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80a", "８０００0", "1.5"])
def test_a_port_that_is_none_is_refused_by_name(text: str):
    with pytest.raises(OpsError, match="WEB_PORT must be a port number"):
        Ports.of({"WEB_PORT": text})


def test_both_ports_the_same_are_refused():
    with pytest.raises(OpsError, match="both 8001"):
        Ports.of({"WEB_PORT": "8001"})
