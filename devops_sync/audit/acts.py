"""The acts that the audit log knows: what they are called, how a person reads them, and what they are done on.

In a sentence `{actor}`, `{subject}` and `{site}` stand for the columns of the row.
"""

from dataclasses import dataclass


class Unknown(Exception):
    """An act that is not in the table."""


@dataclass(frozen=True)
class Act:
    """One act. `about` is the kind of thing that it is done on, empty for any."""

    name: str
    sentence: str
    about: str = ""


_TABLE = (
    Act("session.opened", "{actor} signed in", "user"),
    Act("session.refused", "{subject} was not let in", "user"),
    Act("session.locked_out", "{subject} was locked out", "user"),
    Act("address.locked_out", "{subject} was locked out, by whatever name", "address"),
    Act("session.ended", "{actor} ended a session of {subject}", "user"),
    Act("submission.received", "{actor} sent submission {subject}", "submission"),
    Act("secret.exposed", "{actor} sent what looks like a secret in {subject}", "submission"),
    Act("raw.read", "{actor} read the bytes of {subject}"),
    Act("correction.made", "{actor} corrected rejected entities as submission {subject}", "submission"),
    Act("correction.sent_again", "{actor} sent rejected entities again as submission {subject}", "submission"),
    Act("errand.planned", "{actor} planned {subject}", "errand"),
    Act("errand.started", "{actor} started {subject}", "errand"),
    Act("errand.paused", "{actor} paused {subject}", "errand"),
    Act("errand.resumed", "{actor} let {subject} go on", "errand"),
    Act("errand.cancelled", "{actor} cancelled {subject}", "errand"),
    Act("readback.asked", "{actor} asked Jira for {subject}", "entry"),
    Act("deletion.asked", "{actor} asked to delete {subject}"),
    Act("deletion.previewed", "{actor} looked at what {subject} would delete", "cleanup"),
    Act("deletion.confirmed", "{actor} confirmed {subject}", "cleanup"),
    Act("deletion.approved", "{actor} approved {subject}", "cleanup"),
    Act("deletion.paused", "{actor} paused {subject}", "cleanup"),
    Act("deletion.resumed", "{actor} let {subject} go on", "cleanup"),
    Act("deletion.cancelled", "{actor} cancelled {subject}", "cleanup"),
    Act("deletion.taken_back", "What Jira was not asked for of {subject} was taken back", "cleanup"),
    Act("deletion.stopped", "{actor} stopped {subject}", "cleanup"),
    Act("deletion.ended", "{subject} came to its end", "cleanup"),
    Act("deletion.redacted", "{actor} redacted what {subject} had deleted", "cleanup"),
    Act("deletion_rule.written", "{actor} wrote the rule {subject}", "cleanuprule"),
    Act("deletion_rule.turned_on", "{actor} turned the rule {subject} on", "cleanuprule"),
    Act("deletion_rule.turned_off", "{actor} turned the rule {subject} off", "cleanuprule"),
    Act("lane.tried_again", "{actor} let {subject} try again", "lane"),
    Act("gate.asked", "{actor} asked Jira about {subject}", "gate"),
    Act("site.connected", "{actor} connected the site {subject}", "site"),
    Act("site.tested", "{actor} tested the site {subject}", "site"),
    Act("site.paused", "{actor} paused the site {subject}", "site"),
    Act("site.resumed", "{actor} let the site {subject} go on", "site"),
    Act("site.changed", "{actor} changed the site {subject}", "site"),
    Act("site.approval.loosening", "{actor} asked to loosen the approval of deletions on {subject}", "site"),
    Act("site.approval.agreed", "{actor} agreed to loosen the approval of deletions on {subject}", "site"),
    Act("site.approval.kept", "{actor} kept the approval of deletions on {subject} as it is", "site"),
    Act("site.credential.replaced", "{actor} replaced the credential of the site {subject}", "site"),
    Act("site.removed", "{actor} removed the site {subject}", "site"),
    Act("token.created", "{actor} made the token {subject}", "token"),
    Act("token.changed", "{actor} changed the token {subject}", "token"),
    Act("token.rotated", "{actor} gave the token {subject} new secrets", "token"),
    Act("token.revoked", "{actor} revoked the token {subject}", "token"),
    Act("user.created", "{actor} made the account {subject}", "user"),
    Act("user.changed", "{actor} changed the account {subject}", "user"),
    Act("user.password.changed", "{actor} changed the password of {subject}", "user"),
    Act("user.second_factor.changed", "{actor} changed the second factor of {subject}", "user"),
    Act("grant.given", "{actor} gave a role to {subject}", "user"),
    Act("grant.taken", "{actor} took a role from {subject}", "user"),
    Act("view.shared", "{actor} shared the view {subject}", "savedview"),
    Act("view.taken_back", "{actor} took the shared view {subject} back", "savedview"),
    Act("retirement.made", "{actor} said that {subject} need not report any more", "retirement"),
    Act("retirement.taken_back", "{actor} said that {subject} is expected to report", "retirement"),
    Act("settings.changed", "{actor} changed {subject}"),
    Act("export.made", "{actor} exported {subject}"),
    Act("evidence.asked", "{actor} asked for a file of evidence of {subject}"),
    Act("evidence.made", "{actor} made a file of evidence of {subject}"),
    Act("audit.verified", "{actor} verified the audit log", "audit"),
    Act("audit.exported", "{actor} exported the audit log", "audit"),
    Act("audit.key.read", "{actor} read the key of the audit log", "audit"),
)
ACTS = {act.name: act for act in _TABLE}


def find(name: str) -> Act:
    """The act of this name. Raises `Unknown`."""
    try:
        return ACTS[name]
    except KeyError:
        raise Unknown(f"There is no act '{name}': it has to be in the table of devops_sync/audit/acts.py.") from None


def sentence(name: str, *, actor: str, subject: str, site: str = "") -> str:
    """What happened, as a person reads it; the bare name for an act of another version. Who has no name is somebody."""
    act = ACTS.get(name)
    return act.sentence.format(actor=actor or "Somebody", subject=subject, site=site) if act else name
