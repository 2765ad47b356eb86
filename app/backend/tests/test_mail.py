import logging
import socketserver
import threading
from collections.abc import Iterator

import pytest

from agentchat.mail import Mail
from agentchat.settings import Settings, load

pytestmark = pytest.mark.anyio


class Mailbox(socketserver.TCPServer):
    """A mail server that takes everything, or refuses at once."""

    refuses = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.letters: list[str] = []


class Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.say("554 not here" if self.server.refuses else "220 ready")
        for line in iter(lambda: self.rfile.readline().decode(), ""):
            word = line.split()[0].upper()
            self.say({"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok"))
            if word == "DATA":
                self.server.letters.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def mail(mailbox: Mailbox, **more: str) -> Mail:
    port = mailbox.server_address[1]
    required = {"JWT_SECRET_KEY": "s" * 40, "MYSQL_PASSWORD": "m", "REDIS_PASSWORD": "r"}
    sender = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_FROM": "chat@example.org"}
    return Mail(load(Settings, required | sender | more))


async def test_a_notice_is_mailed_to_who_registers(mailbox: Mailbox) -> None:
    post = mail(mailbox)

    post.welcome("ada@example.org", "Ada")
    await post.finish()

    assert "To: ada@example.org\r\n" in mailbox.letters[0]
    assert "Hello Ada," in mailbox.letters[0]


async def test_a_server_that_refuses_is_logged_and_nothing_else(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refuses = True
    post = mail(mailbox)

    with caplog.at_level(logging.WARNING):
        post.welcome("ada@example.org", "Ada")
        await post.finish()

    assert [record.message.partition(":")[0] for record in caplog.records] == ["a notice could not be mailed"]


async def test_a_password_is_not_sent_without_tls(mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    post = mail(mailbox, SMTP_USER="chat", SMTP_PASSWORD="hunter2")

    with caplog.at_level(logging.WARNING):
        post.welcome("ada@example.org", "Ada")
        await post.finish()

    assert mailbox.letters == []
    assert "STARTTLS" in caplog.records[0].message


async def test_without_a_mail_server_nothing_is_sent() -> None:
    post = Mail(Settings(jwt_secret_key="s" * 40, mysql_password="m", redis_password="r"))

    post.welcome("ada@example.org", "Ada")

    assert not post.under_way
