"""Who else is there in the book: a site with pictures, and a store that speaks S3 and verifies signatures."""

import hashlib
import hmac
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY, SECRET = "example", "secret"


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Site(Quiet):
    """The files of a folder, by their names."""

    def do_GET(self):
        path = self.server.folder / self.path.split("?")[0].rsplit("/", 1)[1]
        if path.is_file():
            self.answer(200, path.read_bytes())
        else:
            self.answer(404)


class Store(Quiet):
    """Objects by path: kept on PUT where the request is signed by Signature Version 4, handed out on GET and HEAD."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.fault(body)
        if fault:
            return self.answer(403, f"<Error><Code>SignatureDoesNotMatch</Code><Message>{fault}</Message></Error>".encode())
        if self.headers.get("Content-Encoding", "").startswith("aws-chunked"):
            body = unchunked(body)
        self.server.objects[urllib.parse.unquote(self.path.split("?")[0])] = (body, self.headers.get("Content-Type"))
        return self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_GET(self):
        fault = self.fault(b"")
        if fault:
            return self.answer(403, fault.encode())
        body, kind = self.server.objects.get(urllib.parse.unquote(self.path.split("?")[0]), (None, None))
        if body is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        dated = {"Last_Modified": "Fri, 27 Nov 2026 08:00:00 GMT", "ETag": f'"{hashlib.md5(body).hexdigest()}"'}
        return self.answer(200, body, Content_Type=kind or "application/octet-stream", **dated)

    do_HEAD = do_GET

    def fault(self, body):
        """What is wrong with the request's signature, by Amazon's description of it; none if it is right."""
        scheme, _, rest = self.headers.get("Authorization", "").partition(" ")
        if scheme != "AWS4-HMAC-SHA256":
            return "not signed"
        fields = dict(field.strip().split("=", 1) for field in rest.split(","))
        who, day, region, service, end = fields["Credential"].split("/")
        if who != KEY:
            return "no such key"
        digest = self.headers.get("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
        if len(digest) == 64 and digest != hashlib.sha256(body).hexdigest():
            return "another body than was signed"
        path, _, query = self.path.partition("?")
        names = fields["SignedHeaders"].split(";")
        signed = "".join(f"{name}:{' '.join(self.headers.get(name, '').split())}\n" for name in names)
        sorted_query = "&".join(sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair))
        canonical = "\n".join([self.command, path, sorted_query, signed, ";".join(names), digest])
        scope = f"{day}/{region}/{service}/{end}"
        moment = self.headers.get("x-amz-date", "")
        text = "\n".join([scheme, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + SECRET.encode()
        for part in (day, region, service, end):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(expected, fields["Signature"]) else "another signature"


def unchunked(body):
    """What is in a body of the store's own chunks."""
    whole = b""
    while True:
        head, _, body = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            return whole
        whole, body = whole + body[:size], body[size + 2 :]


def start(handler, **attributes):
    """A server of that kind on a free port of loopback, in the background, with these attributes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    for name, value in attributes.items():
        setattr(server, name, value)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
