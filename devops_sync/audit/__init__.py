"""The audit log: who did what on what, when and from where. To note an act:

1. Give it a line in `acts.py`: its name, a sentence, what it is done on. An act that is not there raises.
2. Call `audit.note("site.credential.replaced", on=site, before={...}, after={...})` inside the `transaction.atomic()`
   that does the act, so that either both are there or neither; of what changes nothing (an export), before it is done.
3. `on` is the row itself, or `(kind, id, name)` of what has none. Its `site` is taken along; give `site=` for another.
4. `before` and `after` are small: the fields that changed, in words. Fields that are called secret, token, password and
   the like are struck out, and so are texts that look like one. Never payloads: their hash.
5. Who acts is known: the person of a request (the middleware), the token (the gateway), the command. Elsewhere say so:
   `with audit.acting.by(audit.acting.user(person)):`; after signing in, `audit.acting.become(...)`.
"""

from . import acting, raw
from .noting import LOG, note
from .receiving import received

__all__ = ["LOG", "acting", "note", "raw", "received"]
