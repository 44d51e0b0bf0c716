"""Every address of Waybill: the gateway's machine paths, then the pages."""

from django.urls import path

urlpatterns: list = []
