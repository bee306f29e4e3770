"""How passwords are kept: hashed with Argon2id, which takes a tenth of a second on purpose; and which are taken."""

from __future__ import annotations

from argon2 import PasswordHasher

from tracker.errors import Refused
from tracker.tongue import gettext

passwords = PasswordHasher()

SHORTEST, LONGEST = 12, 200
FEWEST_DIFFERENT = 5
"""Different characters in a password."""

FEWEST_BESIDE_NAME = 8
"""Characters in a password beside the name of its person."""

_COMMON = {
    "password1234", "password12345", "password123456", "passwordpassword", "p@ssw0rd1234", "123456789012",
    "1234567890123", "12345678901234", "123456789abc", "qwertyuiop12", "qwertyuiop123", "qwertyuiopasdf",
    "qwertyqwerty", "qwerty123456", "qwerty1234567", "1q2w3e4r5t6y", "1qaz2wsx3edc", "zaq12wsxcde3", "asdfghjkl123",
    "abcdefghijkl", "abcdefgh1234", "abc123abc123", "letmeinletmein", "letmein12345", "iloveyou1234",
    "iloveyouiloveyou", "welcome12345", "welcome123456", "changeme1234", "changemechangeme", "administrator",
    "administrator1", "adminadmin12", "adminadminadmin", "admin1234567", "trustno1trustno1",
    "correcthorsebatterystaple", "correct-horse-battery-staple", "sunshine1234", "princess1234", "football1234",
    "baseball1234", "superman1234", "dragondragon", "monkeymonkey", "openlinesopenlines", "openlines123",
    "openlines1234", "secretsecret", "secret123456", "default12345",
}  # fmt: skip
"""What is tried first against every name, of twelve characters and more."""


def check_password(password: str, name: str) -> None:
    """Raise Refused, with the field `password`, where anybody might think of it for the person of that name."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        raise _refused(
            gettext("That password is too short."),
            gettext("Use %(number)s characters or more; a few words do well.", number=SHORTEST),
        )
    if len(password) > LONGEST:
        raise _refused(
            gettext("That password is too long."), gettext("Use %(number)s characters or fewer.", number=LONGEST)
        )
    if folded in _COMMON or len(set(folded)) < FEWEST_DIFFERENT:
        raise _refused(
            gettext("That password is among the first that are tried."), gettext("Choose one that nobody else has.")
        )
    if len(folded.replace(name.casefold(), "")) < FEWEST_BESIDE_NAME:
        raise _refused(gettext("That password is little more than the name."), gettext("Choose one without it."))


def _refused(wrong: str, remedy: str) -> Refused:
    return Refused(wrong, remedy, field="password")
