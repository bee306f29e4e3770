"""Receives messages of Open Lines with nothing but Python, and prints them.

OPENLINES_WEBHOOK_SECRET=whsec_… python receive_webhook.py 8080
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE = 300
"""Seconds by which a message may be older or newer than now: an old one may be somebody's recording."""

seen: set[str] = set()
"""Names of messages that were taken. One may come twice, when our answer was lost; keep them where they last."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether the message was signed with our secret, a short while ago."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    ours = f"v1,{base64.b64encode(digest).decode()}"
    return any(hmac.compare_digest(ours, theirs) for theirs in headers.get("webhook-signature", "").split())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not verify(os.environ["OPENLINES_WEBHOOK_SECRET"], self.headers, body, time.time()):
            self.send_error(401)
            return
        self.send_response(204)
        self.end_headers()
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            tell(json.loads(body))


def tell(message: dict) -> None:
    data = message["data"]
    print(data["title"])
    if data.get("before"):
        print("  We were told before:", data["before"])


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
