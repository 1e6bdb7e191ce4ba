"""What a person who registers organisations reads of them (ON-1)."""

from dataclasses import dataclass

from archive.models import Organisation, User
from archive.values import BusinessId
from onboarding.models import AccessRequest, Joining, RequestState


@dataclass(frozen=True, slots=True)
class Own:
    """A person's registrations, the newest move first, and where the person waits to be let in."""

    joinings: tuple[Joining, ...]
    requests: tuple[AccessRequest, ...]


def of_person(user: User) -> Own:
    joinings = Joining.objects.filter(organisation__memberships__user=user)
    requests = AccessRequest.objects.filter(user=user).exclude(state=RequestState.DONE)
    return Own(
        tuple(
            joinings.filter(organisation__is_operator=False)
            .select_related("organisation")
            .order_by("-state_since", "id")
            .distinct()
        ),
        tuple(requests.select_related("organisation").order_by("-asked_at")),
    )


def organisation_with(business_id: BusinessId) -> Organisation | None:
    return Organisation.objects.filter(business_id=business_id).first()
