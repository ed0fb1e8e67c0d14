"""Who may see the page: those who give its token, as Jupyter asks for one."""

from __future__ import annotations

import logging
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.auth.login import LoginFormHandler
from markupsafe import Markup
from tornado.escape import url_escape

from campaign_live_widgets.app.server.snapshot_files import preferred_locale
from campaign_live_widgets.catalog import Text
from campaign_live_widgets.rendering.html.templates import render

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import RequestHandler

_LOG: Final = logging.getLogger("tornado.access")
_TITLE: Final = Text("Campaign live report", "Rapport de campagne en direct")
_TOKEN: Final = Text("Token", "Jeton")
_ENTER: Final = Text("Log in", "Se connecter")
_WRONG: Final = Text("This is not the token.", "Ce n'est pas le bon jeton.")


class TokenIdentity(IdentityProvider):
    """Lets those in who give the token, and those who have given it before, by their cookie.

    The token is a parameter of the address, ``Authorization: token …`` or typed into the login
    page. It is compared in constant time.
    """

    @property
    def auth_enabled(self) -> bool:
        """Return whether a token is asked for."""
        return bool(self.token)

    def get_token(self, handler: RequestHandler) -> str | None:
        """Return the token if the request has it."""
        return self._if_right(super().get_token(handler))

    def process_login_form(self, handler: RequestHandler) -> User | None:
        """Return a user if the form has the token."""
        if self._if_right(handler.get_argument("password", default="")) is None:
            return None
        return self.generate_anonymous_user(handler)

    def _if_right(self, given: str | None) -> str | None:
        is_right = given and compare_digest(given.encode(), self.token.encode())
        return self.token if is_right else None


class LoginHandler(LoginFormHandler):
    """The page that asks for the token."""

    def _render(self, message: dict[str, str] | None = None) -> None:
        locale = preferred_locale(self.request.headers)
        following = url_escape(self.get_argument("next", default=self.base_url))
        self.set_header("Cache-Control", "no-store")
        self.finish(
            render(
                "app/server/login.html.j2",
                locale=locale,
                title=_TITLE(locale),
                action=f"{self.base_url}login?next={following}",
                xsrf=Markup(self.xsrf_form_html()),  # noqa: S704 - of tornado, which escapes
                token=_TOKEN(locale),
                wrong=_WRONG(locale) if message else "",
                enter=_ENTER(locale),
            )
        )


def address_without_token(handler: JupyterHandler) -> str | None:
    """Return the address of a request without its token, or ``None`` if it has none.

    The cookie replaces the token from then on: an address that people copy must not contain it.
    """
    arguments = handler.request.query_arguments
    if not handler.identity_provider.token or "token" not in arguments:
        return None
    rest = [(key, v) for key, values in arguments.items() if key != "token" for v in values]
    return f"{handler.request.path}?{urlencode(rest)}" if rest else str(handler.request.path)


def log_request(handler: Any) -> None:  # noqa: ANN401 - tornado's
    """Log a request without its parameters, one of which may be the token."""
    request = handler.request
    _LOG.debug("%d %s %s", handler.get_status(), request.method, request.path)
