"""What a visitor may change on this server: everything at home, nothing in public unless allowed.

Reading, typing and drawing are free everywhere. Three things change the server or cost it much:
training (with everything that changes a run or the model in use), deleting, and uploading. They are
on while the server answers its own machine only. In public (``make run PUBLIC=1``) each is off
unless ``LSTM_LENS_ALLOW`` names it, for example ``LSTM_LENS_ALLOW=train,upload``.
"""

import ipaddress
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass

from lstm_core.errors import InputError, NotAllowedError

LOGGER = logging.getLogger(__name__)
PUBLIC = "LSTM_LENS_PUBLIC"
ALLOW = "LSTM_LENS_ALLOW"
ACTIONS = {"train": "Training", "delete": "Deleting", "upload": "Uploading"}
_YES = ("1", "true", "yes", "on")
_NO = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the visitors of this server may do.

    Attributes:
        public: whether other machines may reach the server.
        train: start, pause, stop, go on, rename a run, choose the model that all pages use.
        delete: delete a run.
        upload: send a file, or name one that lies on the server.
    """

    public: bool = False
    train: bool = True
    delete: bool = True
    upload: bool = True

    def refusal(self, action: str) -> str | None:
        """Return the sentence that a visitor reads instead of `action`, or None if it is allowed.

        Args:
            action: "train", "delete" or "upload".
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
            NotAllowedError: it is not.
        """
        if sentence := self.refusal(action):
            LOGGER.warning("refused", extra={"fields": {"action": action}})
            raise NotAllowedError(sentence)


def permissions(
    address: str | None = "localhost", environment: Mapping[str, str] | None = None
) -> Permissions:
    """Return what visitors may do, by the settings and by the address that the server listens on.

    Args:
        address: the server's address. One that other machines reach (or None: all of them) makes
            the server public whatever the settings say.
        environment: where ``LSTM_LENS_PUBLIC`` and ``LSTM_LENS_ALLOW`` stand; the process's own
            environment unless given.

    Raises:
        InputError: a setting has a value that is not known; nothing is guessed here.
    """
    settings = os.environ if environment is None else environment
    public = _flag(settings.get(PUBLIC, "")) or not _own_machine_only(address)
    allowed = _actions(settings.get(ALLOW, ""))
    return Permissions(public, *(not public or action in allowed for action in ACTIONS))


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise InputError(
        f"{PUBLIC} is {value!r}. Set it to 1 to serve other machines, or leave it out."
    )


def _actions(value: str) -> frozenset[str]:
    names = frozenset(name for name in value.lower().replace(",", " ").split())
    if unknown := sorted(names - ACTIONS.keys()):
        raise InputError(
            f"{ALLOW} names {', '.join(unknown)!r}. It takes {', '.join(ACTIONS)}, "
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
