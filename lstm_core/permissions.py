"""Permissions: everything at home, nothing in public unless allowed.

Reading, typing and drawing are free everywhere. Four actions change the server or cost it much:
`train` (with everything that changes a run), `upload`, `delete`, and `measure` (every heavy
computation: evaluation, activations, projections, checks against Keras, faithfulness). All are on
while the server answers its own machine only. In public (``make run PUBLIC=1``) each is off unless
``LSTM_LENS_ALLOW`` names it, for example ``LSTM_LENS_ALLOW=train,upload``.

The core enforces them: functions that start, stop or keep something take a `Visitor`.
"""

import ipaddress
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from lstm_core.errors import InputError, NotAllowedError

LOGGER = logging.getLogger(__name__)
PUBLIC = "LSTM_LENS_PUBLIC"
ALLOW = "LSTM_LENS_ALLOW"
ACTIONS = {
    "train": "Training",
    "delete": "Deleting",
    "upload": "Uploading",
    "measure": "Measuring",
}
_YES = ("1", "true", "yes", "on")
_NO = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the visitors of this server may do."""

    public: bool = False  # whether other machines may reach the server
    train: bool = True  # start, pause, stop, continue and rename a run
    delete: bool = True  # delete a run
    upload: bool = True  # send a file; at home also name one that lies on the server
    measure: bool = True  # start a heavy computation

    def refusal(self, action: str) -> str | None:
        """Return the sentence that a visitor reads instead of `action`, or None if it is allowed.

        Args:
            action: One of `ACTIONS`.
        """
        if action not in ACTIONS:
            raise KeyError(f"no action {action!r}; there are {', '.join(ACTIONS)}")
        if getattr(self, action):
            return None
        return (
            f"{ACTIONS[action]} is switched off on this public server. Whoever runs it can allow "
            f"it with {ALLOW}={action}; on your own machine it is always on."
        )

    def require(self, action: str) -> None:
        """Raise unless `action` is allowed: the check behind a button that was hidden or disabled.

        Raises:
            NotAllowedError: It is not.
        """
        if sentence := self.refusal(action):
            LOGGER.warning("refused", extra={"fields": {"action": action}})
            raise NotAllowedError(sentence)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for something."""

    id: str = ""  # known to the visitor's browser alone; empty for the command line
    permissions: Permissions = field(default_factory=Permissions)  # what this visitor may do

    def require(self, action: str) -> None:
        """Raise unless the visitor may do `action`.

        Raises:
            NotAllowedError: The visitor may not.
        """
        self.permissions.require(action)

    def controls(self, owner: str) -> bool:
        """Whether this visitor may stop or change what `owner` started: in public, their own."""
        return not self.permissions.public or (self.id != "" and self.id == owner)


LOCAL = Visitor()  # a person at this machine: the command line, a notebook


def permissions(
    address: str | None = "localhost", environment: Mapping[str, str] | None = None
) -> Permissions:
    """Return what visitors may do, by the settings and by the address that the server listens on.

    Args:
        address: The server's address. One that other machines reach (or None: all of them) makes
            the server public whatever the settings say.
        environment: Where ``LSTM_LENS_PUBLIC`` and ``LSTM_LENS_ALLOW`` stand; the process's own
            environment unless given.

    Raises:
        InputError: A setting has a value that is not known; nothing is guessed here.
    """
    settings = os.environ if environment is None else environment
    public = _flag(settings.get(PUBLIC, "")) or not _own_machine_only(address)
    allowed = _actions(settings.get(ALLOW, ""))
    return Permissions(public, **{name: not public or name in allowed for name in ACTIONS})


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise InputError(
        f"{PUBLIC} is {value[:60]!r}. Set it to 1 to serve other machines, or leave it out."
    )


def _actions(value: str) -> frozenset[str]:
    names = frozenset(name for name in value.lower().replace(",", " ").split())
    if unknown := sorted(names - ACTIONS.keys()):
        raise InputError(
            f"{ALLOW} names {', '.join(unknown)[:60]!r}. It takes {', '.join(ACTIONS)}, "
            "separated by commas."
        )
    return names


def _own_machine_only(address: str | None) -> bool:
    if address is None:
        return False
    if address.lower() == "localhost" or address.startswith("unix://"):
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:  # the name of a machine
        return False
