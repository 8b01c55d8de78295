"""The load's own connection: keep-alive, and exact about the kind of a missing answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from compose.local import ports
from loadtests.consistency.http import Client, NoAnswer

SECONDS = 2.0
SHORT_SECONDS = 0.3  # where the time-out is what is expected
ANSWER = b"HTTP/1.1 200 OK\r\nX-Cache: hit\r\nContent-Length: 2\r\n\r\nhi"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(
    *answers: bytes, hold: bool = False, seconds: float = SECONDS
) -> AsyncIterator[tuple[Client, list[int]]]:
    """A server that sends one of the answers to each request of a connection, and then closes it or holds it."""
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            connections[-1] += 1
            writer.write(answer)
            await writer.drain()
        if hold:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = Client(server.sockets[0].getsockname()[1], seconds)
    try:
        yield client, connections
    finally:
        client.close()
        server.close()


def fault(*answers: bytes, hold: bool = False, before: int = 0, seconds: float = SECONDS) -> str:
    """The fault of a request after `before` answered ones."""

    async def ask() -> str:
        async with served(*answers, hold=hold, seconds=seconds) as (client, _):
            for _ in range(before):
                await client.ask("GET", "/")
            with pytest.raises(NoAnswer) as lost:
                await client.ask("GET", "/")
            return lost.value.fault

    return asyncio.run(ask())


def test_one_connection_carries_many_answers() -> None:
    async def ask() -> tuple[list[bytes], list[int]]:
        async with served(*[ANSWER] * 3, hold=True) as (client, connections):
            replies = [await client.ask("GET", "/") for _ in range(3)]
            return [reply.body + reply.headers[b"x-cache"] for reply in replies], connections

    assert asyncio.run(ask()) == ([b"hihit"] * 3, [3])


def test_a_connection_closed_between_two_requests_is_opened_again() -> None:
    async def ask() -> list[int]:
        async with served(ANSWER) as (client, connections):
            for _ in range(3):
                await client.ask("GET", "/")
                await asyncio.sleep(0.05)
            return connections

    assert asyncio.run(ask()) == [1, 1, 1]


def test_without_a_server_a_request_is_refused() -> None:
    async def ask() -> None:
        await Client(ports.free(), SECONDS).ask("GET", "/")

    with pytest.raises(NoAnswer, match="refused"):
        asyncio.run(ask())


def test_closed_before_any_byte_is_distinguished_from_cut_in_the_middle() -> None:
    assert fault(b"") == "closed"
    assert fault(ANSWER, b"", before=1) == "closed"
    assert fault(ANSWER[:1]) == "cut"
    assert fault(ANSWER[:-1]) == "cut"
    assert fault(ANSWER, ANSWER[:-1], before=1) == "cut"


def test_no_answer_in_time_is_a_hang_and_the_next_request_has_a_new_connection() -> None:
    async def ask() -> list[int]:
        async with served(b"", ANSWER, hold=True, seconds=SHORT_SECONDS) as (client, connections):
            for _ in range(2):
                with pytest.raises(NoAnswer, match="timed out"):
                    await client.ask("GET", "/")
            return connections

    assert asyncio.run(ask()) == [1, 1]
    assert fault(ANSWER[:-1], hold=True, seconds=SHORT_SECONDS) == "timed out"


def test_an_answer_that_is_not_http_is_garbled() -> None:
    assert fault(b"\x00\x01\x02 nothing of the kind\r\n\r\n", hold=True) == "garbled"


def test_a_connection_that_the_answer_closes_is_not_used_again() -> None:
    closing = ANSWER.replace(b"X-Cache: hit", b"Connection: close")

    async def ask() -> list[int]:
        async with served(closing, closing, hold=True) as (client, connections):
            for _ in range(2):
                await client.ask("GET", "/")
            return connections

    assert asyncio.run(ask()) == [1, 1]
