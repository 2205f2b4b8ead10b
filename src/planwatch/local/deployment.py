"""A deployment on servers, as `.env` describes it to the containers, and what of it is refused.

Every secret must be of the deployment's own: empty ones, placeholders, short ones, regular ones and shared ones are refused
before the first server starts. No message shows a value.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from planwatch.errors import ConfigError, Fault
from planwatch.local.home import DATABASE
from planwatch.warehouse import AIRFLOW, BI_READER, ETL, OWNER

TRIAL = "trial"
CATCHER = "mail"
"""Profile and host name of the mail catcher."""
PREFIX = "PLANWATCH_"
FEWEST_CHARACTERS = 8
"""A secret of fewer different characters is a pattern, not a random word."""
PLACEHOLDERS = ("changeme", "placeholder", "replaceme", "password", "secret", "example", "planwatch", "airflow", "postgres", "qwerty", "123456")  # fmt: skip
MEND = "`make env` writes a .env with fresh secrets; one alone: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_SAFE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a secret must be like: its least length in characters; `fernet` means 32 bytes in URL-safe base64."""

    least: int
    fernet: bool = False


RULES = {
    "postgres_password": Rule(16),
    "owner_password": Rule(16),
    "etl_password": Rule(16),
    "bi_password": Rule(16),
    "airflow_password": Rule(16),
    "admin_password": Rule(12),
    "fernet_key": Rule(44, fernet=True),
    "jwt_secret": Rule(64),  # the tokens are signed with HS512, whose key has 64 bytes
    "secret_key": Rule(32),
}
"""Field of `Deployment` → its rule."""
DESK_RULE = Rule(12)


class Deployment(BaseSettings):
    """Variables `PLANWATCH_*` of the one-shot containers. Nothing is required here: `faults` says what is missing."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    postgres_host: str = "postgres"
    postgres_port: int = 5432
    postgres_user: str = "postgres"
    postgres_password: SecretStr = SecretStr("")
    owner_password: SecretStr = SecretStr("")
    etl_password: SecretStr = SecretStr("")
    bi_password: SecretStr = SecretStr("")
    airflow_password: SecretStr = SecretStr("")
    admin_user: str = "admin"
    admin_email: str = ""
    admin_password: SecretStr = SecretStr("")
    fernet_key: SecretStr = SecretStr("")
    jwt_secret: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    desk_password: SecretStr = SecretStr("")
    smtp: SecretStr = SecretStr("")
    profiles: str = ""

    def secret(self, name: str) -> str:
        """Return a secret in plain text."""
        return str(getattr(self, name).get_secret_value())

    def url(self, user: str, password: str, database: str) -> str:
        """Return the URL of a role and database on the deployment's server."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql+psycopg2://{login}@{self.postgres_host}:{self.postgres_port}/{database}"

    @property
    def superuser_url(self) -> str:
        """Return the superuser's URL on the maintenance database."""
        return self.url(self.postgres_user, self.secret("postgres_password"), "postgres")

    @property
    def owner_url(self) -> str:
        """Return the URL of the warehouse as its owner."""
        return self.url(OWNER, self.secret("owner_password"), DATABASE)

    @property
    def role_passwords(self) -> dict[str, str]:
        """Return role → password, as the bootstrap takes them."""
        fields = {OWNER: "owner_password", ETL: "etl_password", BI_READER: "bi_password", AIRFLOW: "airflow_password"}
        return {role: self.secret(name) for role, name in fields.items()}

    @property
    def trial(self) -> bool:
        """Return whether the mail catcher runs."""
        return TRIAL in [p.strip() for p in self.profiles.split(",")]


def read_deployment() -> Deployment:
    """Return the deployment that the environment describes.

    Raises:
        ConfigError: one fault for every variable that is refused; no value is shown.
    """
    deployment = Deployment()
    if found := list(faults(deployment)):
        raise ConfigError.of(*found)
    return deployment


def faults(deployment: Deployment) -> Iterator[Fault]:
    """Yield what is refused, in the order of `.env`."""
    rules = RULES | ({"desk_password": DESK_RULE} if deployment.trial else {})
    for name, rule in rules.items():
        if why := _refusal(deployment.secret(name), rule):
            yield _fault("weak_secret", name, *why)
    yield from _shared(deployment, rules)
    if "@" not in deployment.admin_email:
        yield _fault("no_address", "admin_email", "is not a mail address", mend="give the administrator's")
    yield from _smtp_faults(deployment)


def _refusal(secret: str, rule: Rule) -> tuple[str, str] | None:
    """Return what is wrong with a secret and what is expected instead, None where it is accepted."""
    plain = re.sub(r"[^a-z0-9]", "", secret.lower())
    if not secret:
        return "is empty", f"at least {rule.least} characters"
    if any(word in plain for word in PLACEHOLDERS):
        return "is a placeholder or a word that everybody tries first", "a random word"
    if rule.fernet:
        return None if _is_fernet_key(secret) else ("is not a Fernet key", "32 bytes in URL-safe base64, 44 characters")
    return _weakness(secret, rule)


def _weakness(secret: str, rule: Rule) -> tuple[str, str] | None:
    if not _SAFE.fullmatch(secret):
        return "has characters that do not survive an address", "letters, digits, - and _ alone"
    if len(secret) < rule.least:
        return "is too short", f"at least {rule.least} characters"
    if len(set(secret)) < FEWEST_CHARACTERS:
        return "repeats a few characters", f"at least {FEWEST_CHARACTERS} different ones"
    return None


def _is_fernet_key(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    return len(key) == 32 and len(set(key)) >= FEWEST_CHARACTERS


def _shared(deployment: Deployment, rules: dict[str, Rule]) -> Iterator[Fault]:
    """Yield a fault for every secret that stands for a second thing too: one leak must not open the other door."""
    first: dict[str, str] = {}
    for name in rules:
        secret = deployment.secret(name)
        if secret and (other := first.setdefault(secret, name)) != name:
            yield _fault("shared_secret", name, f"is the same as {_variable(other)}", "one of its own")


def _smtp_faults(deployment: Deployment) -> Iterator[Fault]:
    """Yield what is wrong with the mail server: an Airflow connection in JSON."""
    mend = "see the examples beside it in .env.example"
    try:
        connection = json.loads(deployment.secret("smtp") or "null")
    except ValueError:
        connection = None
    if not isinstance(connection, dict) or not connection.get("host") or connection.get("conn_type") != "smtp":
        yield _fault("bad_connection", "smtp", "is not a mail connection in JSON", "conn_type smtp, and a host", mend)
        return
    if connection["host"] == CATCHER and not deployment.trial:
        text = "names the mail catcher, which does not run: COMPOSE_PROFILES has no trial"
        yield _fault("no_catcher", "smtp", text, "a mail server, or COMPOSE_PROFILES=trial", mend)
    extra = connection.get("extra") or {}
    bare = isinstance(extra, dict) and extra.get("disable_ssl") is True and extra.get("disable_tls") is True
    if bare and connection.get("password"):
        yield _fault("bare_password", "smtp", "sends a password without encryption", "SSL or TLS", mend)


def _fault(code: str, field: str, message: str, expected: str | None = None, mend: str = MEND) -> Fault:
    return Fault(code=code, file=".env", key=_variable(field), message=message, expected=expected, mend=mend)


def _variable(field: str) -> str:
    return f"{PREFIX}{field}".upper()
