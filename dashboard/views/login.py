"""Signing in and out, by Django's own views."""

from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh

_login = views.LoginView.as_view(template_name="login.html", redirect_authenticated_user=True)
logout = views.LogoutView.as_view()


@login_not_required
def login(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Trigger") == "pulse":
        # A page that follows keeps what it shows and says in its foot that it stands still.
        return HttpResponse("You are signed out.\n", status=401, content_type="text/plain; charset=utf-8")
    if "HX-Request" in request.headers:
        # A page was left open longer than the session: have it load whole, so that nobody sees a form inside it.
        return HttpResponseClientRefresh()
    return _login(request)
