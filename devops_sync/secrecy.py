"""What a secret looks like: the names that it goes by, and how its value begins. All who look for one look here.

What looks like one is struck out of heads of requests and of the audit log; there, rather too much than too little. Who
is told that a submission holds one has to find it in it, so that one has to be as its maker documents it.
"""

import re
from dataclasses import dataclass

SECRET_PREFIX = "wbs_"  # noqa: S105 (what secrets begin with)
BEARER_PREFIX = "wbt_"

_IN_NAMES = (
    r"secret|passw|passphrase|pwd|credential|authori[sz]ation|bearer|cookie|session|signature|assertion|csrf|jwt"
    r"|(?:api|access|private|signing|encryption).?key"
)
# Of headers, and of parameters in an address.
HEADER_NAME = re.compile(rf"{_IN_NAMES}|auth|token", re.IGNORECASE)
# Of fields, among which are how a site signs in and the ids of tokens.
FIELD_NAME = re.compile(rf"{_IN_NAMES}|token(?!_id$)|otp|recovery|_hash$|^hash$", re.IGNORECASE)

SCHEMES = ("basic", "bearer", "digest", "jwt", "negotiate", "token")


_ANY = r"[\w./+=-]"


@dataclass(frozen=True)
class Shape:
    """How one sort of secret looks: `begins`, then what its maker says of the rest, or else what is near enough."""

    what: str
    begins: str
    rest: str
    near_enough: str = rf"{_ANY}{{8,}}"


# As their makers document them: GitHub's and GitLab's token prefixes, AWS's unique identifiers, Slack's token types,
# Atlassian's API tokens, Google's API keys, npm's and PyPI's tokens, Stripe's live keys, PEM's private keys.
SHAPES = (
    Shape("a secret of Waybill", SECRET_PREFIX, r"[A-Za-z0-9_-]{40,}"),
    Shape("a token of Waybill", BEARER_PREFIX, r"[A-Za-z0-9_-]{40,}"),
    *(Shape("a GitHub token", f"gh{sort}_", r"[A-Za-z0-9]{36,}") for sort in "pousr"),
    Shape("a GitHub token", "github_pat_", r"[A-Za-z0-9_]{50,}"),
    Shape("a GitLab token", "glpat-", r"[A-Za-z0-9_-]{20,}"),
    Shape("an Atlassian API token", "ATATT", r"3[A-Za-z0-9_=-]{60,}"),
    Shape("an AWS access key", "AKIA", r"[A-Z0-9]{16}(?![A-Z0-9])"),
    Shape("a Slack token", "xox", r"[abeprs]-[A-Za-z0-9-]{20,}", rf"[a-z]-{_ANY}{{8,}}"),
    # These begin as names do, too: only what is as long is near enough.
    Shape("a Google API key", "AIza", r"[A-Za-z0-9_-]{35}", rf"{_ANY}{{35,}}"),
    Shape("an npm token", "npm_", r"[A-Za-z0-9]{36}", rf"{_ANY}{{36,}}"),
    Shape("a PyPI token", "pypi-", r"AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}", rf"AgEIcHlwaS5vcmc{_ANY}{{50,}}"),
    Shape("a Stripe key", "sk_live_", r"[A-Za-z0-9]{20,}", rf"{_ANY}{{20,}}"),
    # What follows this line is the key.
    Shape("a private key", "-----BEGIN ", r"(?:[A-Z]+ )*PRIVATE KEY-----", r"(?:[A-Z]+ )*PRIVATE KEY-----[^-]*"),
)
# In the middle of a word it is none.
_GIVEN_OUT = "(?<![A-Za-z0-9])(?:{})".format("|".join(re.escape(one.begins) + one.near_enough for one in SHAPES))

# In a head: after a scheme, in an address, a web token, what a maker gave out. The first group is no part of it.
IN_HEADS = (
    re.compile(r"\b(basic|bearer|digest|jwt|negotiate)\s+[^\s,;]+", re.IGNORECASE),
    re.compile(r"(://)[^\s/@]+(?=@)"),
    re.compile(r"\b()eyJ[\w-]{8,}(?:\.[\w-]*)*"),
    re.compile(f"(){_GIVEN_OUT}"),
)
# In a text, of whose other words none may be lost. Our own are no words, wherever they begin.
IN_TEXTS = (
    re.compile(
        rf"(?:{SECRET_PREFIX}|{BEARER_PREFIX})[\w-]{{20,}}"
        # Not within a run of such signs: tried at each of its parts, a long one would take minutes.
        r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"
        r"|\b(?:[Bb]earer|[Bb]asic|JWT)\s+[\w.~+/=-]{8,}"
        r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    ),
    re.compile(_GIVEN_OUT),
)
# One of these is in every such text: looking for them is quick, and most texts have none.
SIGNS = (*(shape.begins for shape in SHAPES), "eyJ", "earer", "asic", "JWT", "://")
