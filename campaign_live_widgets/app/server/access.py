"""Who may see the page: those who give its token, as Jupyter asks for one."""

from __future__ import annotations

import logging
from hmac import compare_digest
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.auth.login import LoginFormHandler
from tornado.escape import url_escape

from campaign_live_widgets.app.server.snapshot_files import preferred_locale
from campaign_live_widgets.catalog import Text

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import RequestHandler

_LOG: Final = logging.getLogger("tornado.access")
_TITLE: Final = Text("Campaign live report", "Rapport de campagne en direct")
_TOKEN: Final = Text("Token", "Jeton")
_ENTER: Final = Text("Log in", "Se connecter")
_WRONG: Final = Text("This is not the token.", "Ce n'est pas le bon jeton.")
_PAGE: Final = """<!DOCTYPE html>
<html lang="{locale}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ display: grid; place-content: center; min-height: 90vh; margin: 0 24px; }}
form {{ display: grid; gap: 12px; width: min(22em, 90vw); font: 16px/24px system-ui, sans-serif; }}
h1 {{ margin: 0; font-size: 24px; line-height: 32px; }}
input, button {{ font: inherit; padding: 6px 10px; }}
label {{ display: grid; gap: 4px; }}
</style>
<form method="post" action="{action}">
<h1>{title}</h1>
{xsrf}
<label>{token} <input type="password" name="password" required autofocus
 autocomplete="current-password"></label>
{wrong}
<button type="submit">{enter}</button>
</form>
</html>
"""


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
        wrong = f'<p role="alert">{escape(_WRONG(locale))}</p>' if message else ""
        self.set_header("Cache-Control", "no-store")
        self.finish(
            _PAGE.format(
                locale=locale,
                title=escape(_TITLE(locale)),
                action=escape(f"{self.base_url}login?next={following}"),
                xsrf=self.xsrf_form_html(),
                token=escape(_TOKEN(locale)),
                wrong=wrong,
                enter=escape(_ENTER(locale)),
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
