"""An example service: python docs/examples/own/service.py PORT MILLISECONDS."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Items(BaseHTTPRequestHandler):
    """Answers each request after a fixed time."""

    protocol_version = "HTTP/1.1"
    seconds = 0.0

    def do_GET(self) -> None:
        """Answers an item by the number at the end of its path."""
        if self.path == "/ready":
            return self.answer(200, {"ready": True})
        if not self.path.startswith("/items/"):
            return self.answer(404, {})
        time.sleep(self.seconds)  # noqa: TID251 (it stands for work)
        return self.answer(200, {"id": int(self.path.rpartition("/")[2])})

    def do_POST(self) -> None:
        """Answers what was sent."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.seconds)  # noqa: TID251 (it stands for work)
        self.answer(201, sent)

    def answer(self, status: int, body: dict[str, object]) -> None:
        """Sends JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keeps quiet."""


if __name__ == "__main__":
    Items.seconds = float(sys.argv[2]) / 1000
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Items).serve_forever()
