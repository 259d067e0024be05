"""How a process that serves an application ends."""

import asyncio
import signal
import sys

PROGRAM = """
import socket
from contextlib import asynccontextmanager
import uvicorn
from wrenchai_chassis.serving import serve_until_told_to_go

async def application(scope, receive, send):
    await receive()
    {begin}
    await send({{"type": "lifespan.startup.complete"}})
    print("begun", flush=True)
    await receive()
    print("ended", flush=True)
    await send({{"type": "lifespan.shutdown.complete"}})

config = uvicorn.Config(application, log_config=None, lifespan="on")
serve_until_told_to_go(config, socket.create_server(("127.0.0.1", 0)))
"""


async def started(begin: str) -> asyncio.subprocess.Process:
    program = PROGRAM.format(begin=begin)
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)


async def line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await asyncio.wait_for(process.stdout.readline(), 20)


async def test_a_process_that_is_told_to_go_ends_its_work_and_exits_with_0() -> None:
    for told in (signal.SIGTERM, signal.SIGINT):
        process = await started("")
        assert await line(process) == b"begun\n"
        process.send_signal(told)
        assert await line(process) == b"ended\n"
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_a_process_whose_application_cannot_begin_does_not_exit_with_0() -> None:
    process = await started("raise ZeroDivisionError")
    assert await asyncio.wait_for(process.wait(), 20) == 3
