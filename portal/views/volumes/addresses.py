"""Addresses of volumes and duty against fact."""

from django.urls import URLPattern, path

from portal.views.volumes import duty

CUSTOMER = "organisations/<uuid:organisation_id>/volumes"

urlpatterns: list[URLPattern] = [
    path("duty/", duty.front, name="duty"),
    path("duty.csv", duty.as_csv, name="duty-csv"),
    path(f"{CUSTOMER}/", duty.customer, name="customer-duty"),
    path(f"{CUSTOMER}.csv", duty.customer_csv, name="customer-duty-csv"),
]
