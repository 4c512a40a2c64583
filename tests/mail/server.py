"""A server that takes mail, for the tests: what it takes lies in a folder, a message and its envelope each. To whom a mail goes says what
the server does with it. It ends with its standard input."""

import asyncio
import json
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Taking:
    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        says = {"later@": "451 4.3.0 come back later", "never@": "550 5.1.1 nobody\r\nhere"}
        for begins, answer in says.items():
            if address.startswith(begins):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to.startswith("slow@"):
            await asyncio.sleep(30)
        if to.startswith("data-later@"):
            return "452 4.2.2 the box is full"
        if to.startswith("data-never@"):
            return "554 5.7.1 it is not wanted"
        count = len(os.listdir(self.folder)) // 2 + 1
        with open(f"{self.folder}/{count:03}.eml", "wb") as file:
            file.write(envelope.original_content)
        with open(f"{self.folder}/{count:03}.json", "w", encoding="utf-8") as file:
            # A connection is told by where it comes from.
            json.dump(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "peer": session.peer[1],
                    "encrypted": session.ssl is not None,
                    "user": session.auth_data.login.decode() if session.auth_data else None,
                },
                file,
            )
        if to.startswith("die@"):
            os._exit(7)
        return "250 taken"


class Logins:
    def __call__(self, server, session, envelope, mechanism, data):
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"s3cret ")
        return AuthResult(success=known, handled=False, auth_data=data if known else None)


async def main():
    folder, security, certificate, key = sys.argv[1:5]
    context = None
    if security != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    handler = Taking(folder)

    def serve():
        begins_plain = context if security == "starttls" else None
        login = {} if security == "none" else {"authenticator": Logins(), "auth_required": True, "auth_require_tls": security == "starttls"}
        return SMTP(handler, tls_context=begins_plain, require_starttls=begins_plain is not None, enable_SMTPUTF8=True, **login)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if security == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await server.serve_forever()


asyncio.run(main())
