"""
The container's health check: exit code 0 when GET /health answers 200.

Standard library only, since it runs every few seconds.
"""

import socket
import sys

ADDRESS = ("127.0.0.1", 7860)
TIMEOUT_S = 3.0


def status_line(address: tuple[str, int]) -> str:
    with socket.create_connection(address, TIMEOUT_S) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\nUser-Agent: healthcheck\r\n\r\n")
        with connection.makefile("r", encoding="latin-1") as answer:
            return answer.readline().strip()


def main(address: tuple[str, int] = ADDRESS) -> int:
    try:
        line = status_line(address)
    except OSError as error:
        sys.stderr.write(f"unhealthy: {address[0]}:{address[1]}: {error}\n")
        return 1
    sys.stdout.write(line + "\n")
    return 0 if line.split()[1:2] == ["200"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
