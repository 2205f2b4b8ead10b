"""The pages that describe Airflow's APIs (`/docs`, `/redoc`, `/openapi.json`, also of the applications mounted beside) ask for the login.

Airflow shows them to anybody who reaches its port: what can be called, with which version, by which name. With the login they stay
as they are, so the UI's link to them works. Every component loads this file, so it imports nothing of the server before it is asked.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

_DESCRIPTION = re.compile(r"/(?:docs(?:/oauth2-redirect)?|redoc|openapi\.json|changelog)$")


class DescriptionsBehindLogin:
    """Passes a request for a description on only with a token that Airflow itself accepts: 401 without one, 403 with a wrong one."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request: ASGI's own signature."""
        if scope["type"] == "http" and _DESCRIPTION.search(scope["path"]):
            from fastapi import HTTPException, Request
            from fastapi.responses import JSONResponse

            try:
                await _signed_in(Request(scope))
            except HTTPException as refused:
                answer = JSONResponse({"detail": refused.detail}, refused.status_code)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _signed_in(request: Any) -> None:
    """Do nothing where the request's token, of its header or else of its cookie, is good.

    Raises:
        HTTPException: there is none, or it is worth nothing.
    """
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.core_api.security import resolve_user_from_token

    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    await resolve_user_from_token(
        token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE_NAME_JWT_TOKEN)
    )


class ApiDescriptionPlugin(AirflowPlugin):
    """Puts the descriptions behind the login."""

    name = "api_description"
    fastapi_root_middlewares: ClassVar = [{"name": "descriptions behind login", "middleware": DescriptionsBehindLogin}]  # type: ignore[misc]
