# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes connections on: accepts on a socket that was opened outside, connects to an address of the network it runs in.

This is how the API server of the bed, which lives in a network of its own, is reached on 127.0.0.1 of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):  # whichever way it ended, the other side learns of it
        writer.write_eof()


async def _serve(listener: socket.socket, host: str, port: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        far_writer.close()
        writer.close()

    async with await asyncio.start_server(handle, sock=listener) as server:
        await server.serve_forever()


def main() -> None:
    """forward.py FD HOST PORT: FD is an inherited listening socket."""
    descriptor, host, port = sys.argv[1:]
    asyncio.run(_serve(socket.socket(fileno=int(descriptor)), host, int(port)))


if __name__ == "__main__":
    main()
