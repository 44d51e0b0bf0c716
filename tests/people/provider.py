"""An OpenID provider for the tests, as a process of its own: `python -m tests.people.provider` prints its address.

It signs in whom `/control` names, without asking, and can be told there to do one thing wrong.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "waybill", "the-secret-of-waybill-at-the-provider"
_KEY, _OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class Provider(ThreadingHTTPServer):
    """What it is told, and which codes it has given."""

    told: dict[str, Any]
    codes: dict[str, dict[str, str]]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answers = {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": lambda: self.authorize(asked),
            "/jwks": self.jwks,
            "/userinfo": self.userinfo,
        }
        answers[parts.path]()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            self.server.told = json.loads(body)
            self.answer({})
        else:
            self.token({name: values[0] for name, values in parse_qs(body.decode()).items()})

    def discovery(self) -> None:
        issuer = self.server.issuer
        self.answer(
            {
                "issuer": "http://somebody.else" if self.fault == "discovery" else issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "scopes_supported": ["openid", "profile", "groups"],
            }
        )

    def authorize(self, asked: dict[str, str]) -> None:
        """Send the browser back with a code, or with what `/control` wants to be said instead."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "groups" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = asked
        back = {"error": "access_denied"} if self.fault == "cancelled" else {"code": code}
        self.redirect(f"{asked['redirect_uri']}?{urlencode({**back, 'state': asked['state']})}")

    def token(self, given: dict[str, str]) -> None:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.server.codes.pop(given.get("code", ""), None)
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            asked is None
            or self.headers["Authorization"] != f"Basic {basic}"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != given["redirect_uri"]
        ):
            self.answer({"error": "invalid_grant"}, 400)
        elif self.fault == "redirect":
            self.redirect(f"{self.server.issuer}/jwks")
        elif self.fault == "huge":
            self.answer({"id_token": "x" * 2_000_000, "access_token": "a"})
        else:
            self.answer({"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token(asked)})

    def id_token(self, asked: dict[str, str]) -> str:
        told, fault, now = self.server.told, self.fault, int(time.time())
        claims: dict[str, Any] = {
            "iss": "http://somebody.else" if fault == "issuer" else self.server.issuer,
            "aud": "another-client" if fault == "audience" else CLIENT_ID,
            "sub": told["subject"],
            "iat": now,
            "exp": now - 3600 if fault == "expired" else now + 300,
            "nonce": "another" if fault == "nonce" else asked["nonce"],
            "preferred_username": told.get("name", ""),
            "email": told.get("email", ""),
            "email_verified": True,
        }
        if fault == "azp":
            claims |= {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}
        if fault == "no-nonce":
            del claims["nonce"]
        if not told.get("groups_in_userinfo"):
            claims["groups"] = told.get("groups", [])
        if fault == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        if fault == "hs256":
            return jwt.encode(claims, CLIENT_SECRET, algorithm="HS256", headers={"kid": "one"})
        key = _OTHER_KEY if fault == "signature" else _KEY
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "two" if fault == "kid" else "one"})

    def jwks(self) -> None:
        public = json.loads(RSAAlgorithm.to_jwk(_KEY.public_key()))
        self.answer({"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})

    def userinfo(self) -> None:
        assert self.headers["Authorization"] == "Bearer an-access-token"
        told = self.server.told
        subject = "another" if self.fault == "userinfo" else told["subject"]
        self.answer({"sub": subject, "groups": told.get("groups", [])})

    @property
    def fault(self) -> str:
        return str(self.server.told.get("fault", ""))

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    provider = Provider(("127.0.0.1", 0), Handler)
    provider.told, provider.codes = {}, {}
    print(provider.issuer, flush=True)
    provider.serve_forever()
