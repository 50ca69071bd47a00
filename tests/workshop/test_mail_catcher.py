"""Mail is caught, kept, and shown without letting it do anything."""

import smtplib
import time
import urllib.error
import urllib.request
from email.message import EmailMessage

import pytest

from loyalty_site.embedded.layout import Layout
from loyalty_site.embedded.mail_pages import linked
from loyalty_site.embedded.mailbox import Mailbox

PIXEL = b"\x89PNG\r\n\x1a\n"


def send(attachment, subject: str, *, text: str = "Hello", html: str | None = None) -> None:
    message = EmailMessage()
    message["From"] = "Club <club@example.com>"
    message["To"] = "小林 愛 <ai@example.com>"
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        message.get_payload()[1].add_related(PIXEL, "image", "png", cid="<card@club>")
    host, port = (attachment.environment[name] for name in ("SMTP_HOST", "SMTP_PORT"))
    for _ in range(100):  # the port is open before the program behind it is ready
        try:
            with smtplib.SMTP(host, int(port), timeout=10) as smtp:
                smtp.send_message(message)
            return
        except ConnectionError:
            time.sleep(0.05)
    raise AssertionError("the catcher did not answer")


def get(attachment, path: str, **headers: str):
    address = attachment.environment["MAIL_CATCHER_URL"].rstrip("/") + path
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.headers, response.read().decode(errors="replace")


@pytest.fixture
def catcher(services):
    return services(needed=("mail",))


def test_mail_is_listed_newest_first_and_shown(var, catcher):
    send(catcher, "First")
    send(catcher, "二通目 <b>", text="Confirm: https://club.example.com/confirm/a1/?x=1&y=2.")

    _, page = get(catcher, "/")
    assert page.index("二通目 &lt;b&gt;") < page.index("First")
    assert "小林 愛" in page

    key = Mailbox(Layout.of(var).mail).list_keys()[0]
    _, page = get(catcher, f"/messages/{key}")
    assert 'href="https://club.example.com/confirm/a1/?x=1&amp;y=2"' in page
    _, source = get(catcher, f"/messages/{key}/source")
    assert "X-Envelope-To: ai@example.com" in source


def test_html_runs_in_a_sandbox_with_its_own_pictures_only(var, catcher):
    body = '<p>Card</p><img src="cid:card@club"><script>alert(1)</script>'
    send(catcher, "Rich", html=body)
    key = Mailbox(Layout.of(var).mail).list_keys()[0]

    _, page = get(catcher, f"/messages/{key}")
    assert "<iframe" in page
    assert "sandbox=" in page
    headers, html = get(catcher, f"/messages/{key}/html")
    assert headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script-src" not in headers["Content-Security-Policy"]
    assert f'src="/messages/{key}/cid/card@club"' in html
    headers, _ = get(catcher, f"/messages/{key}/cid/card@club")
    assert headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "club.attacker.example:8025", 403),
        ("/messages/..%2f..%2fetc", "localhost", 404),
        ("/messages/1-1-1", "localhost", 404),
        ("/elsewhere", "localhost", 404),
    ],
)
def test_only_messages_are_shown_and_only_to_this_machine(catcher, path, host, status):
    send(catcher, "One")
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(catcher, path, Host=host)
    with caught.value as response:
        assert response.code == status


def test_text_messages_are_shown_beside_the_mail(var, catcher):
    folder = Layout.of(var).text_messages
    folder.mkdir()
    (folder / "20260102-1.txt").write_text("To +12065550100: your code is 123456")
    send(catcher, "One")
    assert "your code is 123456" in get(catcher, "/")[1]


def test_mailbox_keeps_the_newest(tmp_path):
    mailbox = Mailbox(tmp_path)
    mailbox.kept = 10
    saved = [mailbox.save(b"\r\n", sender="a@b", recipients=["c@d"]) for _ in range(25)]
    assert mailbox.list_keys()[:10] == saved[:14:-1]
    assert len(mailbox.list_keys()) <= 11


def test_linked_text_escapes_everything_else():
    assert linked("<a> http://x.example/?a=1&b=2, ok") == (
        '&lt;a&gt; <a href="http://x.example/?a=1&amp;b=2">http://x.example/?a=1&amp;b=2</a>, ok'
    )
