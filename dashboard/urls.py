"""The addresses of the pages. Each thing has one."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter, PathConverter

from .kinds import KINDS
from .views import (
    account,
    audit,
    audit_list,
    build_list,
    columns,
    deletion,
    deletion_confirm,
    deletion_list,
    deletion_new,
    deletion_preview,
    deletion_proof,
    deletion_rules,
    deletion_run,
    delivery,
    delivery_list,
    deployment_list,
    drift,
    entity,
    errand,
    errand_list,
    errand_plan,
    evidence,
    gate,
    issue,
    issue_list,
    keys,
    lane,
    login,
    login_code,
    login_oidc,
    overview,
    pick,
    pipeline,
    quiet,
    rejected,
    rejected_list,
    repository_list,
    saved_view,
    search,
    selection,
    settings,
    site,
    site_approval,
    site_connect,
    site_list,
    site_pause,
    site_remove,
    submission,
    submission_list,
    submit,
    token,
    token_list,
    token_new,
    two_factor,
    user,
    user_list,
)


class Id(IntConverter):
    """A row's number, as large as the database can hold."""

    regex = "[0-9]{1,18}"


class Ident(PathConverter):
    """An id that somebody else gave: any text, also with slashes and line breaks."""

    regex = "(?s:.+)"


register_converter(Id, "id")
register_converter(Ident, "ident")

_of_each_kind = [
    address
    for kind in KINDS.values()
    for address in (
        path(f"{kind.folder}/<id:pk>/", entity.entity, {"kind": kind.name}, name=kind.view),
        path(f"{kind.folder}/<id:pk>/read-back", entity.read_back, {"kind": kind.name}, name=f"{kind.view}-read-back"),
        path(f"evidence/{kind.view}/<id:pk>/", evidence.of_entity, {"kind": kind.name}, name=f"evidence-{kind.view}"),
    )
]
_steps = [path(f"errands/<id:pk>/{step}", errand.steer, {"step": step}, name=f"errand-{step}") for step in errand.STEPS]
_runs = [
    path(f"deletions/<id:pk>/{step}", deletion_run.steer, {"step": step}, name=f"deletion-{step}")
    for step in deletion_run.STEPS
]
_rules = [
    path(f"deletions/rules/<id:pk>/{step}", deletion_rules.steer, {"step": step}, name=f"deletion-rule-{step}")
    for step in deletion_rules.STEPS
]
_people = [path(f"users/<id:pk>/{step}", user.steer, {"step": step}, name=f"user-{step}") for step in user.STEPS]
urlpatterns = [
    *_of_each_kind,
    *_steps,
    *_runs,
    *_rules,
    *_people,
    path("login/", login.login, name="login"),
    path("login/code/", login_code.login_code, name="login-code"),
    path("login/oidc/", login_oidc.start, name="login-oidc"),
    path("login/oidc/callback/", login_oidc.callback, name="login-oidc-callback"),
    path("login/two-factor.svg", two_factor.picture, name="second-factor-picture"),
    path("logout/", login.logout, name="logout"),
    path("account/", account.account, name="account"),
    path("account/password", account.change_password, name="account-password"),
    path("account/sessions/end", account.end_session, name="account-end-session"),
    path("account/two-factor/", two_factor.set_up, name="two-factor"),
    path("account/two-factor/off", two_factor.turn_off, name="two-factor-off"),
    path("account/two-factor/codes", two_factor.new_codes, name="two-factor-codes"),
    path("users/", user_list.user_list, name="user-list"),
    path("users/new/", user_list.user_new, name="user-new"),
    path("users/<id:pk>/", user.user, name="user"),
    path("search/", search.search, name="search"),
    path("settings/", settings.settings, name="settings"),
    path("keys/", keys.keys, name="keys"),
    path("", overview.overview, name="overview"),
    path("issues/", issue_list.issue_list, name="issue-list"),
    path("issues/<path:key>/", issue.issue, name="issue"),
    path("deployments/", deployment_list.deployment_list, name="deployment-list"),
    path("builds/", build_list.build_list, name="build-list"),
    path("pipelines/<slug:slug>/", pipeline.pipeline, name="pipeline"),
    path("pipelines/<slug:slug>/<ident:ident>/", pipeline.pipeline, name="pipeline"),
    path("repositories/", repository_list.repository_list, name="repository-list"),
    path("deployments/<id:pk>/gate", gate.read_again, name="deployment-gate"),
    path("columns/", columns.columns_shown, name="columns"),
    path("views/", saved_view.save, name="saved-view-save"),
    path("views/<id:pk>/", saved_view.saved_view, name="saved-view"),
    path("views/<id:pk>/delete", saved_view.delete, name="saved-view-delete"),
    path("selection/", selection.selection, name="selection"),
    path("pick/<slug:of>/<slug:name>/", pick.pick, name="pick"),
    path("quiet/", quiet.quiet_list, name="quiet-list"),
    path("quiet/retire", quiet.retire, name="quiet-retire"),
    path("quiet/<id:pk>/expect", quiet.expect, name="quiet-expect"),
    path("submissions/", submission_list.submission_list, name="submission-list"),
    path("submissions/<uuid:pk>/", submission.submission, name="submission"),
    path("submissions/<uuid:pk>/bytes", submission.submission_bytes, name="submission-bytes"),
    path("submissions/<uuid:pk>/answer", submission.submission_answer, name="submission-answer"),
    path("submit/", submit.submit, name="submit"),
    path("submit/check", submit.check, name="submit-check"),
    path("deliveries/", delivery_list.delivery_list, name="delivery-list"),
    path("deliveries/rejected/", rejected_list.rejected_list, name="rejected-list"),
    path("deliveries/rejected/<id:pk>/", rejected.rejected, name="rejected"),
    path("deliveries/rejected/<id:pk>/correct", rejected.correct, name="rejected-correct"),
    path("deliveries/drift/", drift.drift, name="drift"),
    path("deliveries/drift/read-again", drift.read_again, name="drift-read-again"),
    path("deliveries/<id:pk>/", delivery.delivery, name="delivery"),
    path("deliveries/<id:pk>/request", delivery.delivery_request, name="delivery-request"),
    path("deliveries/<id:pk>/answer", delivery.delivery_answer, name="delivery-answer"),
    path("evidence/deletion/<id:pk>/", evidence.of_deletion, name="evidence-deletion"),
    path("evidence/issue/<path:key>/", evidence.of_issue, name="evidence-issue"),
    path("errands/", errand_list.errand_list, name="errand-list"),
    path("errands/plan/", errand_plan.plan, name="errand-plan"),
    path("errands/<id:pk>/", errand.errand, name="errand"),
    path("deletions/", deletion_list.deletion_list, name="deletion-list"),
    path("deletions/new/", deletion_new.deletion_new, name="deletion-new"),
    path("deletions/new/complete", deletion_new.complete, name="deletion-complete"),
    path("deletions/<id:pk>/", deletion.deletion, name="deletion"),
    path("deletions/<id:pk>/preview/", deletion_preview.deletion_preview, name="deletion-preview"),
    path("deletions/<id:pk>/entities.csv", deletion_preview.deletion_entities, name="deletion-entities"),
    path("deletions/<id:pk>/confirm/", deletion_confirm.deletion_confirm, name="deletion-confirm"),
    path("deletions/<id:pk>/approve", deletion_confirm.approve, name="deletion-approve"),
    path("deletions/<id:pk>/cancel", deletion_confirm.cancel, name="deletion-cancel"),
    path("deletions/<id:pk>/again", deletion.again, name="deletion-again"),
    path("deletions/<id:pk>/run/", deletion_run.run, name="deletion-run"),
    path("deletions/<id:pk>/proof/", deletion_proof.proof, name="deletion-proof"),
    path("deletions/<id:pk>/report/", deletion_proof.report_page, name="deletion-report-page"),
    path("deletions/<id:pk>/report.json", deletion_proof.report, name="deletion-report"),
    path("deletions/rules/", deletion_rules.rules, name="deletion-rules"),
    path("deletions/rules/new/", deletion_rules.new, name="deletion-rule-new"),
    path("deletions/rules/<id:pk>/", deletion_rules.rule, name="deletion-rule"),
    path("audit/", audit_list.audit_list, name="audit-list"),
    path("audit/<id:pk>/", audit.audit, name="audit"),
    path("sites/", site_list.site_list, name="site-list"),
    path("sites/connect/", site_connect.site_connect, name="site-connect"),
    path("sites/<slug:slug>/", site.site, name="site"),
    path("sites/<slug:slug>/test", site.test, name="site-test"),
    path("sites/<slug:slug>/settings", site.change_settings, name="site-settings"),
    path("sites/<slug:slug>/approval/agree", site_approval.agree, name="site-approval-agree"),
    path("sites/<slug:slug>/approval/keep", site_approval.keep, name="site-approval-keep"),
    path("sites/<slug:slug>/credential", site.replace_credential, name="site-credential"),
    path("sites/<slug:slug>/pause", site_pause.pause, name="site-pause"),
    path("sites/<slug:slug>/resume", site_pause.resume, name="site-resume"),
    path("sites/<slug:slug>/remove/", site_remove.site_remove, name="site-remove"),
    path("tokens/", token_list.token_list, name="token-list"),
    path("tokens/new/", token_new.token_new, name="token-new"),
    path("tokens/<id:pk>/", token.token, name="token"),
    path("tokens/<id:pk>/rotate", token.rotate, name="token-rotate"),
    path("tokens/<id:pk>/revoke", token.revoke, name="token-revoke"),
    path("tokens/<id:pk>/limits", token.limits, name="token-limits"),
    path("lanes/<id:pk>/try-now", lane.try_now, name="lane-try-now"),
]
