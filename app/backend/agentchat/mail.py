"""The notice at registration; a mail that fails is logged and changes nothing."""

import asyncio
import logging
import smtplib
import ssl
from email.message import EmailMessage

from .settings import Settings

TLS_PORT = 465
TIMEOUT_S = 10.0

log = logging.getLogger(__name__)


class Mail:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.under_way: set[asyncio.Task[None]] = set()

    def welcome(self, address: str, username: str) -> None:
        """Sends in the background, where a mail server is set."""
        if not self.settings.smtp_host:
            return
        task = asyncio.create_task(self.send(notice(self.settings.smtp_from, address, username)))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def send(self, message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(deliver, self.settings, message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            log.warning("a notice could not be mailed: %s: %s", type(error).__name__, error)

    async def finish(self) -> None:
        await asyncio.gather(*self.under_way)


def notice(sender: str, address: str, username: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, "Your AgentChat account"
    message.set_content(f"Hello {username},\n\nan AgentChat account was registered with this address.\n")
    return message


def deliver(settings: Settings, message: EmailMessage) -> None:
    with connection(settings) as server:
        if settings.smtp_port != TLS_PORT:
            secure(server, required=bool(settings.smtp_user))
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


def connection(settings: Settings) -> smtplib.SMTP:
    if settings.smtp_port == TLS_PORT:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=context)
    return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)


def secure(server: smtplib.SMTP, *, required: bool) -> None:
    """Changes to TLS where the server can; a password goes over TLS or not at all."""
    server.ehlo()
    if required or server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
