"""What was posted, once it is sure that a page of ours sent it."""

from collections.abc import Mapping

from starlette.requests import Request

from gateway.domain.errors import CrossSiteError
from gateway.domain.sign_in import Admitted
from gateway.http.pages.desk import Desk
from gateway.http.pages.frame import read_form


async def read_hers(desk: Desk, request: Request) -> tuple[Admitted, Mapping[str, str]]:
    """Read a form of somebody who is signed in.

    Raises:
        CrossSiteError: A page of ours did not send it, or not for her.
    """
    admitted = await desk.browsers.admit_to_page(request.scope)
    form = await read_form(request)
    await desk.browsers.check(request.scope, admitted, form.get("csrf"))
    return admitted, form


async def read_anybodys(desk: Desk, request: Request) -> Mapping[str, str]:
    """Read a form of somebody who is nobody yet: another site could else let her in as somebody else.

    Raises:
        CrossSiteError: A page of ours did not send it.
    """
    form = await read_form(request)
    if not desk.browsers.is_ours(request.scope):
        raise CrossSiteError("the request does not come from a page of the gateway")
    return form
