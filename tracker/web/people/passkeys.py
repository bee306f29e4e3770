"""Passkeys: what a browser is asked for, and whether its authenticator's answer is good. No Flask, no database."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from db.passkeys import Passkey
from tracker.errors import Refused
from tracker.tongue import gettext

Answer = TypeVar("Answer", RegistrationCredential, AuthenticationCredential)

CHALLENGE_LASTS = timedelta(minutes=5)
LARGEST_ANSWER = 20_000
"""Characters of an authenticator's answer; those without attestation have some hundreds."""

_SELECTION = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
)
_FAULTS = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)
"""What the library raises for answers that are none."""


@dataclass(frozen=True)
class Site:
    """To whom passkeys belong: `id` is the host name, `origin` what the browser says that it shows."""

    id: str
    origin: str


def site_of(base_url: str) -> Site | None:
    """None where browsers give no passkeys: without https (but on localhost), and for addresses that are no names."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host != "localhost":
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, f"{parts.scheme}://{parts.netloc.lower()}")
    return None


def creation_options(site: Site, user: str, handle: str, challenge: str, known: list[Passkey]) -> str:
    """What navigator.credentials.create is asked for, as JSON; `handle` and `challenge` as hex."""
    options = generate_registration_options(
        rp_id=site.id,
        rp_name="Open Lines",
        user_name=user,
        user_id=bytes.fromhex(handle),
        challenge=bytes.fromhex(challenge),
        timeout=_milliseconds(),
        authenticator_selection=_SELECTION,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.id)) for key in known],
    )
    return options_to_json(options)


def request_options(site: Site, challenge: str) -> str:
    """What navigator.credentials.get is asked for, as JSON: any passkey of this site, whosever it is."""
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=bytes.fromhex(challenge),
        timeout=_milliseconds(),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


@dataclass(frozen=True)
class Made:
    """A browser's answer with a new passkey; `challenge` (hex) is the one that it says it answers."""

    challenge: str
    _answer: RegistrationCredential

    @classmethod
    def read(cls, text: str) -> Made:
        """Raises Refused for what is no such answer."""
        answer = _parsed(parse_registration_credential_json, text)
        return cls(_challenge(answer.response.client_data_json), answer)

    def verified(self, site: Site) -> tuple[str, str, int]:
        """The id and public key as base64url, and the count of uses. Raises Refused where it is not good."""
        try:
            found = verify_registration_response(
                credential=self._answer,
                expected_challenge=bytes.fromhex(self.challenge),
                expected_rp_id=site.id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except _FAULTS as fault:
            raise _not_good() from fault
        return (
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(found.credential_public_key),
            found.sign_count,
        )


@dataclass(frozen=True)
class Used:
    """A browser's answer by a passkey that it has; `key` is the id that it says, `challenge` as in Made."""

    challenge: str
    key: str
    _answer: AuthenticationCredential

    @classmethod
    def read(cls, text: str) -> Used:
        """Raises Refused for what is no such answer."""
        answer = _parsed(parse_authentication_credential_json, text)
        return cls(_challenge(answer.response.client_data_json), answer.id, answer)

    def verified(self, site: Site, passkey: Passkey) -> int:
        """How often the passkey says that it was used. Raises Refused where the answer is not good."""
        try:
            found = verify_authentication_response(
                credential=self._answer,
                expected_challenge=bytes.fromhex(self.challenge),
                expected_rp_id=site.id,
                expected_origin=site.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _FAULTS as fault:
            raise _not_good() from fault
        return found.new_sign_count


def _parsed(parse: Callable[[str], Answer], text: str) -> Answer:
    if len(text) > LARGEST_ANSWER:
        raise _not_good()
    try:
        return parse(text)
    except (*_FAULTS, RecursionError) as fault:
        raise _not_good() from fault


def _challenge(client_data: bytes) -> str:
    try:
        return parse_client_data_json(client_data).challenge.hex()
    except (*_FAULTS, RecursionError) as fault:
        raise _not_good() from fault


def _milliseconds() -> int:
    return int(CHALLENGE_LASTS.total_seconds() * 1000)


def _not_good() -> Refused:
    return Refused(
        gettext("The answer of the passkey could not be verified."), gettext("Try again."), field="credential"
    )
