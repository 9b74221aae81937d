"""Tell the browser with the page's first answer which scripts it will need.

Streamlit's own page asks for the script of an element when the first such element arrives, and that
script for the next: a row of journeys while the visitor looks at nothing. Named in the head of the
page they are fetched and compiled while the app still loads. A page that begins with a chart has
Plotly's script run as well in that time.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.common.streamlit_internals import scripts_of

# The elements that pages begin with, by the names of Streamlit's scripts.
FIRST = ("Html", "BidiComponent", "Button", "ButtonGroup", "Checkbox")
CHOICES = ("NumberInput", "Slider", "Selectbox")
# Pages that begin with a chart and choices beside it.
CHARTED = ("states",)


class EarlyScripts:
    """ASGI middleware that names scripts in the head of the app's page.

    Args:
        app: What answers.
        chart_script: Address of the script that charted pages run, from the top of the app.
    """

    def __init__(self, app: ASGIApp, chart_script: str) -> None:
        self.app = app
        self._chart_script = chart_script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        page = scope.get("path", "").rpartition("/")[2]
        if scope["type"] != "http" or scope["method"] != "GET" or "." in page:
            await self.app(scope, receive, send)
            return
        held: list[Message] = []  # the start of an answer of HTML
        parts: list[bytes] = []

        async def send_with_scripts(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
                return
            if held and message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if message.get("more_body"):
                    return
                body = b"".join(parts).replace(b"</head>", self._tags(page) + b"</head>", 1)
                headers = MutableHeaders(scope=held[0])
                headers["Content-Length"] = str(len(body))
                for name in ("ETag", "Last-Modified"):  # they are of the page without the scripts
                    del headers[name]
                await send(held.pop())
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(_unpacked(scope), receive, send_with_scripts)

    def _tags(self, page: str) -> bytes:
        charted = page in CHARTED
        names = scripts_of(FIRST + CHOICES if charted else FIRST)
        tags = [f'<link rel="modulepreload" crossorigin href="./static/js/{n}">' for n in names]
        if charted:
            tags.append(f'<script async src="./{self._chart_script}"></script>')
        return "".join(tags).encode()


def _is_page(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


def _unpacked(scope: Scope) -> Scope:
    """The request as one of a browser that wants nothing compressed: the page is 15 kB."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}
