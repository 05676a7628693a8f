"""One member who asks for a path so many times at once and never waits: a program, until it is ended.

python -m benchmarks.serving.flooder PORT PATH TOKEN AT_ONCE
"""

import asyncio
import sys
from collections import Counter

AGAIN = (b"200", b"429", b"503")


async def flood(port: int, path: str, token: str, at_once: int) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {token}\r\n\r\n".encode()
    answers: Counter[bytes] = Counter()
    async with asyncio.TaskGroup() as callers:
        for _ in range(at_once):
            callers.create_task(_call(port, request, answers))
        callers.create_task(_say(at_once, answers))


async def _call(port: int, request: bytes, answers: "Counter[bytes]") -> None:
    """Raises ValueError for an answer that no flood should bring about."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        else:
            await reader.readuntil(b"0\r\n\r\n")  # in chunks
        status = head[9:12]
        if status not in AGAIN:
            raise ValueError(head)
        answers[status] += 1


async def _say(at_once: int, answers: "Counter[bytes]") -> None:
    """One line, once each of them may have been answered."""
    while answers.total() < at_once:
        await asyncio.sleep(0.05)
    print("floods", flush=True)


if __name__ == "__main__":
    asyncio.run(flood(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
