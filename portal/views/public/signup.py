"""Making the account of a registration: the only sign-up there is, behind a trap and a limit."""

from typing import Any

from allauth.account.views import SignupView
from django.urls import reverse_lazy


class SignUpView(SignupView):
    template_name = "public/join/account.html"
    success_url = reverse_lazy("join")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "here": "join"}


sign_up = SignUpView.as_view()
