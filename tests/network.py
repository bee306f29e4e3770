"""A network in a box: names that answer as a test says, one public server, and everything else a place of ours.

It stands where the operating system does, below all code of ours and of libraries: a name is looked up in its table,
and a connection leads to a real server on loopback. So no packet leaves this machine, and what a guard lets through
by mistake does arrive somewhere, and is seen there.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.site import Site, running_site

PUBLIC = "8.8.8.8"
"""The address of the public server."""


@dataclass
class Network:
    """`names` maps a name to its answers, one after the other, each a list of addresses; the last one stays.

    `public` is what answers at PUBLIC, on every port; `inside` at every other address. `tried` are the addresses to
    which a connection was begun.
    """

    public: Site
    inside: Site
    names: dict[str, list[list[str]]] = field(default_factory=lambda: {"news.example": [[PUBLIC]]})
    tried: list[str] = field(default_factory=list)

    def answer(self, name: str) -> list[str] | None:
        answers = self.names.get(name)
        if answers is None:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def port(self, address: str) -> int:
        return (self.public if address == PUBLIC else self.inside).port


@contextmanager
def network_in_a_box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    look_up, connect = socket.getaddrinfo, socket.socket.connect
    with running_site("127.0.0.1") as public, running_site("::") as inside:
        network = Network(public, inside)

        def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[tuple[Any, ...]]:
            answer = network.answer(host)
            if answer is None:
                return look_up(host, port, *args, **kwargs)
            return [found for address in answer for found in look_up(address, port, *args, **kwargs)]

        def lead(sock: socket.socket, address: Any) -> None:
            network.tried.append(address[0])
            here = "::1" if sock.family == socket.AF_INET6 else "127.0.0.1"
            connect(sock, (here, network.port(str(ipaddress.ip_address(address[0])))))

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", lead)
        yield network
