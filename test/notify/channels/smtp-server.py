"""A mail server for tests, of aiosmtpd: takes mails, or refuses them by the recipient's name.

Arguments: certificate, key and whether TLS comes first (`smtps`), is offered (`starttls`) or
not (`plain`). Prints its port, then each mail as a line of JSON.
"""

import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

certificate, key, mode = sys.argv[1:4]
USER, PASSWORD = b"alarm@farm.example", b"p@ss:w0rd/of-mail"
ANSWERS = {
    "grey": "451 4.7.1 Greylisted, try again later",
    "nobody": "550 5.1.1 No such user here",
    "full": "452 4.2.2 Mailbox full",
}


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = ANSWERS.get(address.partition("@")[0])
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 Rejected as spam"
        if envelope.rcpt_tos[0].startswith("crash"):
            server.transport.abort()
            return "250 never arrives"
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None or mode == "smtps",
                "user": session.auth_data.login.decode() if session.authenticated else None,
                "content": envelope.content.decode("utf8", "surrogateescape"),
            }
        )
        return "250 2.0.0 Ok: queued as 4BC1D"


def authenticate(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=fits, handled=False, auth_data=data if fits else None)


class LocalController(Controller):
    def factory(self):
        return SMTP(
            self.handler,
            hostname="mail.test",
            enable_SMTPUTF8=True,
            tls_context=context if mode == "starttls" else None,
            authenticator=authenticate,
            auth_require_tls=mode == "starttls",
        )


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
controller = LocalController(
    Handler(),
    hostname="127.0.0.1",
    port=int(sys.argv[4]),
    ssl_context=context if mode == "smtps" else None,
)
controller.start()
say({"port": controller.server.sockets[0].getsockname()[1]})
sys.stdin.read()
controller.stop()
