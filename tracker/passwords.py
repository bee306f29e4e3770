"""How passwords are kept: hashed with Argon2id, which takes a tenth of a second on purpose."""

from argon2 import PasswordHasher

passwords = PasswordHasher()
