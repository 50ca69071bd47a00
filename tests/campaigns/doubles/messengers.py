"""LINE and WeChat on this machine, as their documents describe them: they check what a real one
checks, and keep what was delivered.
"""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

LINE_TOKEN = "line-token-of-tests"
WECHAT_APP = "wx0123456789abcdef"
WECHAT_SECRET = "wechat-secret-of-tests"


class Line:
    """https://developers.line.biz/en/reference/messaging-api/

    ``faults`` are used up first: (status, body) that is answered and does nothing; "lost", where a
    push is taken and no answer comes.
    """

    def __init__(self):
        self.url = ""
        self.delivered, self.replies, self.faults = [], [], []
        self.keys = {}  # of retries, with the request that was taken
        self.people, self.blocked = set(), set()
        self.limit = self.usage = None
        self.push_count = 0
        self.connections = set()

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Bearer {LINE_TOKEN}":
            return 401, {}, {"message": "Authentication failed. Confirm that the access token"}
        match method, urlsplit(path).path:
            case "GET", "/v2/bot/info":
                return 200, {}, {"userId": "U" + "0" * 32, "basicId": "@club"}
            case "GET", "/v2/bot/message/quota":
                told = {"type": "none"} if self.limit is None else {
                    "type": "limited", "value": self.limit}  # fmt: skip
                return 200, {}, told
            case "GET", "/v2/bot/message/quota/consumption":
                return 200, {}, {"totalUsage": self.usage or len(self.delivered)}
            case "POST", "/v2/bot/message/reply":
                self.replies.append(json.loads(body))
                return 200, {}, {"sentMessages": []}
            case "POST", "/v2/bot/message/push":
                return self._push(headers, json.loads(body))
        return 404, {}, {"message": "Not found"}

    def _push(self, headers, told):
        self.push_count += 1
        key = headers.get("X-Line-Retry-Key", "")
        UUID(key)
        if key in self.keys:
            taken = {"X-Line-Accepted-Request-Id": self.keys[key]}
            return 409, taken, {"message": "The retry key is already accepted"}
        fault = self.faults.pop(0) if self.faults else None
        if fault and fault != "lost":
            return fault[0], {}, fault[1]
        texts = told["messages"]
        if not 1 <= len(texts) <= 5 or any(
            not 1 <= len(each["text"].encode("utf-16-le")) // 2 <= 5000 for each in texts
        ):
            return 400, {}, {"message": "The request body has 1 error(s)",
                             "details": [{"property": "messages"}]}  # fmt: skip
        if told["to"] not in self.people:
            return 400, {}, {"message": "Failed to send messages"}
        if self.limit is not None and len(self.delivered) >= self.limit:
            return 429, {}, {"message": "You have reached your monthly limit."}
        number = f"request-{self.push_count}"
        self.keys[key] = number
        if told["to"] not in self.blocked:  # LINE says yes, and shows it to nobody
            self.delivered.append((told["to"], [each["text"] for each in texts]))
        if fault == "lost":
            return None
        return 200, {"X-Line-Request-Id": number}, {"sentMessages": [{"id": f"4{number}"}]}


class Wechat:
    """https://developers.weixin.qq.com/doc/service/

    ``faults`` are errcodes that are answered first, or "lost". ``writers`` wrote within 48 hours.
    """

    def __init__(self):
        self.url = ""
        self.delivered, self.faults, self.scenes, self.token_calls = [], [], [], []
        self.followers, self.writers = set(), set()
        self.seen = set()  # (OpenID, client_msg_id)
        self.token = "token-1"
        self.is_slow = False
        self.connections = set()
        self._lock = threading.Lock()

    def answer(self, method, path, headers, body):
        parts = urlsplit(path)
        told = json.loads(body or b"{}")
        if parts.path == "/cgi-bin/stable_token":
            return 200, {}, self._give_token(told)
        if parse_qs(parts.query).get("access_token") != [self.token]:
            return 200, {}, {"errcode": 40001, "errmsg": "invalid credential"}
        fault = self.faults.pop(0) if self.faults else None
        if fault and fault != "lost":
            return 200, {}, {"errcode": fault, "errmsg": "as asked for"}
        match parts.path:
            case "/cgi-bin/message/custom/send" | "/cgi-bin/message/template/send":
                found = self._send(parts.path, told)
                return None if fault == "lost" else (200, {}, found)
            case "/cgi-bin/qrcode/create":
                self.scenes.append(told)
                return 200, {}, {"ticket": "T", "url": "http://weixin.qq.com/q/02abc"}
            case "/cgi-bin/openapi/quota/get":
                return 200, {}, {"errcode": 0, "quota": {"daily_limit": 500000, "used": 12}}
        return 404, {}, {}

    def _give_token(self, told):
        with self._lock:
            self.token_calls.append(told["force_refresh"])
        if self.is_slow:
            time.sleep(0.3)
        if (told["appid"], told["secret"]) != (WECHAT_APP, WECHAT_SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if told["force_refresh"]:
            self.token = f"token-{len(self.token_calls)}-forced"
        return {"access_token": self.token, "expires_in": 7200}

    def _send(self, path, told):
        if told["touser"] not in self.followers:
            return {"errcode": 43004, "errmsg": "require subscribe"}
        if "custom" in path:
            if told["touser"] not in self.writers:
                return {"errcode": 45015, "errmsg": "response out of time limit"}
            if len(told["text"]["content"].encode()) > 2048:
                return {"errcode": 45002, "errmsg": "content size out of limit"}
        once = told["touser"], told.get("client_msg_id")
        if not told.get("client_msg_id") or once not in self.seen:
            self.seen.add(once)
            self.delivered.append(told)
        return {"errcode": 0, "errmsg": "ok", "msgid": 200000 + len(self.delivered)}


@contextmanager
def serve(double):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as they do in life

        def do_POST(self):
            double.connections.add(self.client_address)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = double.answer(self.command, self.path, self.headers, body)
            if answer is None:
                self.close_connection = True
                return
            status, headers, told = answer
            data = json.dumps(told).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
