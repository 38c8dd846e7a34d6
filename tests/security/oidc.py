"""A small OpenID provider for tests: discovery, authorize, token and keys, with the code flow and PKCE as they are.

It lets in at once whoever the test says it is. `spoil` changes what an ID token says, or who signs it, for the tests of
what must not be taken.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.served import free_port

CLIENT, SECRET = "transfer-lab", "the-secret-of-the-client"


@dataclass
class Provider:
    """A provider that runs. `person`: the claims about who logs in next; `spoil` changes them before they are signed.

    `asked`: the parameters of each request to authorize.
    """

    issuer: str
    person: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    asked: list[dict[str, str]] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: _key("known"))
    signer: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def secrets_file(self, cookie_secret: str, **accounts: Any) -> str:
        """The text of a secrets.toml with this provider; `accounts`: the rules in `[accounts]`, as TOML."""
        lines = [
            "[auth]",
            'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"',
            f'cookie_secret = "{cookie_secret}"',
            f'client_id = "{CLIENT}"',
            f'client_secret = "{SECRET}"',
            f'server_metadata_url = "{self.issuer}/.well-known/openid-configuration"',
            "[accounts]",
            *(f"{name} = {value}" for name, value in accounts.items()),
        ]
        return "\n".join(lines) + "\n"

    async def metadata(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        given = dict(request.query_params)
        self.asked.append(given)
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return RedirectResponse(f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}", 302)

    async def token(self, request: Request) -> Response:
        given = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        client = f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or request.headers.get("authorization") != client:
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": asked["nonce"]}
        signed = jwt.encode(
            {"alg": "RS256", "kid": "known"}, self.spoil(claims | self.person), self.signer or self.key, ["RS256"]
        )
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": signed})

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False) | {"kid": "known", "use": "sig"}]})

    async def end(self, request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name})


@contextmanager
def provide() -> Iterator[Provider]:
    """A provider on a free port of this machine, until the block ends."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")
    places = {
        "/.well-known/openid-configuration": provider.metadata,
        "/authorize": provider.authorize,
        "/jwks": provider.keys,
        "/end": provider.end,
    }
    routes = [Route(path, answer) for path, answer in places.items()]
    app = Starlette(routes=[*routes, Route("/token", provider.token, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
