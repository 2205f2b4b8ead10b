"""What describes Airflow's APIs is shown to whoever is signed in, by the application that the api-server runs, plugins included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.airflow
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PAGES = ("docs", "docs/oauth2-redirect", "redoc", "openapi.json")
DESCRIPTIONS = [*(f"{app}/{page}" for app in ("", "/auth", "/execution") for page in PAGES), "/execution/changelog"]


@pytest.fixture(scope="module")
def server(dagbag):
    from airflow import settings
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from fastapi.testclient import TestClient

    import_all_models()
    Base.metadata.create_all(settings.engine)
    purge_cached_app()
    yield TestClient(create_app(), follow_redirects=False)
    purge_cached_app()


@pytest.fixture(scope="module")
def token(server):
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return server.app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username="li", role="viewer"))


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_a_description_asks_for_the_login(server, token, path):
    assert server.get(path).status_code == 401
    assert server.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 403
    assert server.get(path, headers={"Authorization": "Basic YTpi"}).status_code == 401
    assert server.get(path, headers={"Cookie": "_token=nonsense"}).status_code in (401, 403)
    for signed in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"_token={token}"}):
        assert server.get(path, headers=signed).status_code not in (401, 403)


def test_with_the_login_a_description_is_shown_whole(server, token):
    server.cookies.clear()
    signed = {"Cookie": f"_token={token}"}
    assert "swagger-ui" in server.get("/docs", headers=signed).text
    assert "/api/v2/dags" in server.get("/openapi.json", headers=signed).json()["paths"]


@pytest.mark.parametrize("prefix", ["", "/auth", "/execution"])
def test_no_description_is_left_out(server, prefix):
    """Every page that the frameworks add by themselves is among those that ask."""
    from starlette.routing import Mount, Route

    app = (
        server.app
        if not prefix
        else next(r.app for r in server.app.routes if isinstance(r, Mount) and r.path == prefix)
    )
    own = {f"{prefix}{r.path}" for r in app.routes if type(r) is Route}
    assert own and own <= set(DESCRIPTIONS)


def test_everything_else_answers_as_before(server, token):
    assert server.get("/api/v2/version").status_code == 200
    assert server.get("/api/v2/dags").status_code == 401
    assert server.get("/api/v2/dags", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert server.get("/auth/login").status_code == 200
    assert server.get("/").headers["content-type"].startswith("text/html")


def test_the_plugin_loads_nothing_of_the_server(dagbag):
    asked = "import sys, api_description; print([m for m in ('fastapi', 'starlette', 'uvicorn') if m in sys.modules])"
    before = "import sys, airflow.plugins_manager; print([m for m in ('fastapi', 'starlette', 'uvicorn') if m in sys.modules])"
    env = os.environ | {"PYTHONPATH": str(PLUGINS)}
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
        ).stdout.splitlines()[-1]
        for code in (asked, before)
    ]
    assert said[0] == said[1] == "[]"
