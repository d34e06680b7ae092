"""Who signed in, in a signed cookie: no replica keeps it, all of them can read it.

The key follows from a file in the folder that replicas share and from the owner's token, so that
another token ends every session. Those that were ended before their time stand in the folder.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from segue.secret_file import make_secret, read_secret
from segue.sign_in_codes import LIFETIME_SECONDS, nonce_of
from segue.web.account_file import Account
from segue.web.accounts import Accounts
from segue.web.callers import Role
from segue.web.marks import Marks, closed_folder

MOST_COOKIE_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says.

    Attributes
    ----------
    role, name, account_id
        As in :class:`~segue.web.callers.WebCaller`.
    proof
        What the account showed, as a digest; empty for the owner.
    expires
        Seconds since 1970.
    session_id
        Tells it from others.
    """

    role: str
    name: str
    account_id: str
    proof: str
    expires: float
    session_id: str


class Sessions:
    """Makes, reads and ends sessions.

    Parameters
    ----------
    folder
        That all replicas share.
    lifetime_seconds
        How long a session lasts.
    accounts
        Of listeners.

    Raises
    ------
    SecretFileUnusable, WebFolderFull
        When the key, or the folder, cannot be made or read.
    """

    def __init__(
        self,
        folder: Path,
        owner_token: str,
        lifetime_seconds: float,
        accounts: Accounts,
        clock: Callable[[], float] = time.time,
    ) -> None:
        closed_folder(folder)
        self._ended = Marks(folder / "ended-sessions", lifetime_seconds, clock)
        self._used_codes = Marks(folder / "used-codes", LIFETIME_SECONDS, clock)
        make_secret(folder / "session-key")
        secret = read_secret(folder / "session-key")
        self._key = hmac.digest(secret.encode(), f"segue session {owner_token}".encode(), "sha256")
        self._owner_token = owner_token
        self._lifetime = lifetime_seconds
        self._accounts = accounts
        self._clock = clock
        # Stacks on two ports of one machine share their cookies.
        self._mark = sha256(secret.encode()).hexdigest()[:8]

    @property
    def lifetime_seconds(self) -> int:
        """How long a session lasts."""
        return int(self._lifetime)

    def cookie_name(self, *, secure: bool, prefix: str) -> str:
        """Name of the cookie: browsers hold those that begin like this to what they promise."""
        promise = ("__Secure-" if prefix else "__Host-") if secure else ""
        return f"{promise}segue-{self._mark}"

    def of_owner(self) -> Session:
        """A session of the owner."""
        return self._new(Role.OWNER, "", "", "")

    def of_account(self, account: Account, proof: str) -> Session:
        """A session of an account that showed what the proof is of."""
        return self._new(Role.LISTENER, account.name, account.account_id, proof)

    def use_code(self, code: str) -> bool:
        """Whether a sign-in code holds; it does not a second time."""
        nonce = nonce_of(code, self._owner_token, self._clock())
        return bool(nonce) and self._used_codes.make(nonce)

    def is_owner_token(self, token: str) -> bool:
        """Whether this is the owner's token."""
        known = self._owner_token
        return bool(known) and hmac.compare_digest(token.encode(), known.encode())

    def by_password(self, name: str, password: str) -> Session | None:
        """A session for a name and its password; as slow as checking a password is."""
        account = self._accounts.verify_password(name, password)
        if account is None:
            return None
        return self.of_account(account, proof_of(account.password))

    def by_api_key(self, api_key: str) -> Session | None:
        """A session for an API key."""
        account = self._accounts.by_api_key(api_key)
        if account is None:
            return None
        return self.of_account(account, proof_of(sha256(api_key.encode()).hexdigest()))

    def write(self, session: Session) -> str:
        """Value of the cookie."""
        text = _encoded(json.dumps(asdict(session)).encode())
        return f"{text}.{_encoded(self._mac(text))}"

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie while it holds; None for anything else."""
        text, _, mac = cookie.partition(".")
        try:
            if len(cookie) > MOST_COOKIE_BYTES:
                return None
            if not hmac.compare_digest(_decoded(mac), self._mac(text)):
                return None
            session = Session(**json.loads(_decoded(text)))
        except (ValueError, TypeError, binascii.Error):
            return None
        return session if self._holds(session) else None

    def end(self, session: Session) -> None:
        """Let a session hold no longer, for any replica."""
        self._ended.make(session.session_id)

    def _new(self, role: Role, name: str, account_id: str, proof: str) -> Session:
        expires = self._clock() + self._lifetime
        return Session(role.value, name, account_id, proof, expires, secrets.token_hex(16))

    def _holds(self, session: Session) -> bool:
        if session.expires < self._clock() or self._ended.has(session.session_id):
            return False
        if session.role == Role.OWNER.value:
            return True
        account = self._accounts.get(session.name)
        if account is None:
            return False
        kept = [account.password, *(key.sha256 for key in account.api_keys)]
        return session.proof in {proof_of(one) for one in kept if one}

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")


def proof_of(kept: str) -> str:
    """Digest of what is kept of a password or an API key: with that gone, the session is too."""
    return sha256(f"segue proof {kept}".encode()).hexdigest()[:32]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
