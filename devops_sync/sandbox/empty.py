"""What the first page says while nothing has arrived: how to send the first deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .markup import Html, fill

if TYPE_CHECKING:
    from .sandbox import Sandbox

_SIGN_IN = """curl --request POST {base}/oauth/token \\
  --header "Content-Type: application/json" \\
  --data '{{"grant_type": "client_credentials",
           "client_id": "{client_id}",
           "client_secret": "<span class="n">$SECRET</span>"}}'"""

_DEPLOYMENT = """curl --request POST {base}/rest/deployments/0.1/bulk \\
  --header "Authorization: Bearer <span class="n">$TOKEN</span>" \\
  --header "Content-Type: application/json" \\
  --data '{{"deployments": [{{
    "deploymentSequenceNumber": 1,
    "updateSequenceNumber": 1,
    "issueKeys": ["{issue}"],
    "displayName": "First deployment",
    "url": "https://ci.example/1",
    "description": "Sent by hand",
    "lastUpdated": "2026-11-18T13:32:00Z",
    "state": "successful",
    "pipeline": {{"id": "shop", "displayName": "shop", "url": "https://ci.example/"}},
    "environment": {{"id": "dev", "displayName": "dev", "type": "development"}}
  }}]}}'"""

_SECTION = """<section class="sheet" aria-label="How to fill this page"><div class="empty">
  <div class="stack stack--tight"><h2>Send the first deployment</h2>
    <p>It takes what Jira Cloud's deployments, builds and development information APIs take, and answers as Jira
    does. Connect it to Waybill as a site, or talk to it as any client would.</p></div>
  <ol>
    <li><span class="mark" aria-hidden="true">1</span><div><h3>Fetch a token</h3>
      <p>The secret is printed by <code>manage.py sandbox --print-credential</code>.</p></div>{token}</li>
    <li><span class="mark" aria-hidden="true">2</span><div><h3>Post one deployment</h3>
      <p>{issue} exists here; a key that does not exist comes back as unknown.</p></div>{deployment}</li>
    <li><span class="mark" aria-hidden="true">3</span><div><h3>Load this page again</h3>
      <p>What was accepted is stored a moment later, as in Jira.</p></div></li>
  </ol>
</div></section>"""

_CODE = """<div class="code"><div class="code__head"><span>Shell</span></div>
<pre tabindex="0" role="group" aria-label="{label}"><code>{code}</code></pre></div>"""


def section(sandbox: Sandbox, base: str) -> Html:
    """The steps, with commands that work when they are pasted."""
    name, (first, _last) = next(iter(sandbox.issues.ranges.items()), ("SHOP", (1, 1)))
    issue = f"{name}-{first}"
    token = fill(_SIGN_IN, base=base, client_id=sandbox.store.credentials[0].client_id)
    deployment = fill(_DEPLOYMENT, base=base, issue=issue)
    return fill(
        _SECTION,
        token=fill(_CODE, label="A curl command that fetches a token", code=token),
        deployment=fill(_CODE, label="A curl command that posts one deployment", code=deployment),
        issue=issue,
    )
