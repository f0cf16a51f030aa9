"""The page behind a problem's `type`, in both languages."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from gateway.domain.errors import NotVisibleError
from gateway.http.problems import Problems
from gateway.http.words import Language


def make_router(problems: Problems) -> APIRouter:
    """Build the routes that explain problems; they need no token."""
    router = APIRouter(tags=["problems"])

    @router.get("/problems/{code}", response_class=HTMLResponse)
    async def problem_page(code: str) -> HTMLResponse:
        """Explain one problem code in French and in English."""
        if code not in problems.words.problems:
            raise NotVisibleError("no such problem")
        return HTMLResponse(_render(code, problems))

    return router


def _render(code: str, problems: Problems) -> str:
    text = problems.words.problems[code]
    parts = [
        f'<section lang="{language}"><h1>{escape(text.titles[language])}</h1>'
        f"<p>{escape(text.details[language])}</p><ul>"
        + "".join(
            f"<li>{escape(problems.words.remedies[rel].sentences[language])}</li>" for rel in text.remedies
        )
        + "</ul></section>"
        for language in Language
    ]
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(text.titles[Language.FR])}</title></head>"
        f"<body><main>{''.join(parts)}<p><code>{escape(code)}</code> · {text.status}</p></main></body></html>"
    )
