"""The frame of every page: its language, its headers, its texts, its forms.

A page is a template under `templates/` that begins with `{% extends "frame.html" %}` and fills the block
`content`; its texts are in `gateway/http/texts/pages.toml`, French and English, and it is shown by
`Frame.show(request, "name.html", title="sign_in.title", ...)`. Inside a template:

- `say("table.key", **values)` gives a text in the reader's language; `{name}` in it is filled from `values`.
  `both("table.key", "en")` gives it in the one that is named: for a sheet that is printed in both.
- `{% from "parts.html" import field, button, summary, hidden, way with context %}`:
  `summary(errors)`  what is wrong, in a box that is read first; `errors` are `(field, text)` pairs,
  `field(name, label, ...)`  one labelled input (`value`, `hint`, `error`, `kind`, `autocomplete`,
  `inputmode`, `maxlength`),
  `button(label, quiet=false)`, `hidden(name, value)`, `way(href, label, hint)`  a large link.
- A form is `<form method="post" action="/...">` with `{{ hidden("csrf", csrf) }}` first; `read_form` reads
  it, and `Browsers.check` must accept its `csrf` before anything is done.

Nothing is written in a template that is not escaped. A page with a script of ours passes `script=True`.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.domain.errors import CorruptionError, GatewayError, MalformedError, UnauthenticatedError
from gateway.http.cookies import Cookies
from gateway.http.edge import PLACE, place_of
from gateway.http.pages.texts import PageTexts, read_page_texts
from gateway.http.problems import Problems
from gateway.http.words import Language

STYLE_PATH = "/pages/style.css"
SCRIPT_PATH = "/pages/passkey.js"
ICON_PATH = "/pages/icon.svg"
_MAX_FORM = 16 * 1024
_MAX_FIELDS = 32
_CSP = (
    "default-src 'none'; {script}style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    # With `no-referrer` a form would send `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}


class Frame:
    """Shows pages in the reader's language.

    Args:
        problems: Its catalogue says what went wrong.
        cookies: Holds the language that a reader chose.
    """

    def __init__(self, problems: Problems, cookies: Cookies) -> None:
        self.problems = problems
        self.cookies = cookies
        self.texts: PageTexts = read_page_texts()
        self.style = files("gateway.http.pages").joinpath("style.css").read_bytes()
        self.script = files("gateway.http.pages").joinpath("passkey.js").read_bytes()
        self._script_href = f"{SCRIPT_PATH}?v={sha256(self.script).hexdigest()[:12]}"
        self.icon = files("gateway.http.pages").joinpath("icon.svg").read_bytes()
        self._style_href = f"{STYLE_PATH}?v={sha256(self.style).hexdigest()[:12]}"
        self._templates = Environment(
            loader=PackageLoader("gateway.http.pages", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def language(self, request: Request) -> Language:
        """Answer the language that the reader chose; else what her browser asks for; else French."""
        chosen = self.cookies.read(request.scope, self.cookies.language)
        return Language(chosen) if chosen in set(Language) else place_of(request.scope).language

    def show(
        self,
        request: Request,
        template: str,
        *,
        title: str,
        status: int = 200,
        script: bool = False,
        set_cookies: Iterable[str] = (),
        **values: Any,  # noqa: ANN401 - what this template names
    ) -> Response:
        """Render a page; `title` is the key of a text, `values` is what its template names."""
        language = self.language(request)
        text = self._templates.get_template(template).render(
            say=lambda key, **filled: self.texts.say(key, language, **filled),
            both=lambda key, one: self.texts.say(key, Language(one)),
            language=str(language),
            other=str(Language.EN if language is Language.FR else Language.FR),
            title=self.texts.say(title, language),
            back=f"{request.url.path}{'?again' if 'again' in request.query_params else ''}",
            style=self._style_href,
            script_href=self._script_href,
            **values,
        )
        csp = _CSP.format(script="script-src 'self'; connect-src 'self'; " if script else "")
        headers = {**_HEADERS, "Content-Security-Policy": csp, "Content-Language": str(language)}
        response = Response(text, status, headers, "text/html; charset=utf-8")
        return _with_cookies(response, set_cookies)

    def show_problem(self, request: Request, error: GatewayError) -> Response:
        """Show in words what went wrong; a person is never left with a code alone."""
        known = self.problems.words.problems
        code = error.code if error.code in known else "not_ready"
        words, language = known[code], self.language(request)
        return self.show(
            request,
            "problem.html",
            title="problem.title",
            status=words.status,
            what=words.titles[language],
            detail=words.details[language],
            reference=place_of(request.scope).request_id,
        )


def go(to: str, *, set_cookies: Iterable[str] = (), headers: Mapping[str, str] | None = None) -> Response:
    """Send the browser on with a GET: to a page of ours, or to a provider."""
    return _with_cookies(RedirectResponse(to, 303, headers), set_cookies)


def _with_cookies(response: Response, set_cookies: Iterable[str]) -> Response:
    for one in set_cookies:
        response.headers.append("Set-Cookie", one)
    return response


async def read_form(request: Request) -> Mapping[str, str]:
    """Read a form's fields, each of which comes once.

    Raises:
        MalformedError: Another media type, too long, not text, or a field twice.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if kind != "application/x-www-form-urlencoded" or len(raw) > _MAX_FORM:
        raise MalformedError("not a form of ours")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise MalformedError("not a form of ours") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedError("a field came twice")
    return fields


class PageRoute(APIRoute):
    """The route class of every page: who is not signed in is sent to sign in, what fails is said in words."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        answer = super().get_route_handler()

        async def answer_with_a_page(request: Request) -> Response:
            frame: Frame = request.app.state.frame
            request.scope[PLACE] = place_of(request.scope)._replace(language=frame.language(request))
            try:
                response: Response = await answer(request)
            except UnauthenticatedError:
                return go("/sign-in", set_cookies=[frame.cookies.drop(frame.cookies.sign_in)])
            except CorruptionError:
                raise  # The edge's last catch notes it for whoever is on call.
            except GatewayError as error:
                return frame.show_problem(request, error)
            return response

        return answer_with_a_page
