"""At home everything is allowed; in public nothing is, unless a setting says so."""

import pytest

from lstm_core.errors import InputError, NotAllowedError
from lstm_core.permissions import ACTIONS, LOCAL, Permissions, Visitor, permissions


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]"])
def test_at_home_everything_is_allowed(address: str) -> None:
    assert permissions(address, {}) == Permissions(False, True, True, True, True)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "class.example.org"])
def test_an_address_that_others_reach_makes_the_server_public(address: str | None) -> None:
    assert permissions(address, {}) == Permissions(True, False, False, False, False)


@pytest.mark.parametrize("value", ["1", "true", "Yes", " on "])
def test_behind_a_proxy_the_setting_makes_it_public(value: str) -> None:
    assert permissions("localhost", {"LSTM_LENS_PUBLIC": value}).public


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off"])
def test_the_setting_cannot_make_an_open_address_private(value: str) -> None:
    assert permissions("0.0.0.0", {"LSTM_LENS_PUBLIC": value}).public
    assert not permissions("localhost", {"LSTM_LENS_PUBLIC": value}).public


def test_actions_are_allowed_one_by_one() -> None:
    settings = {"LSTM_LENS_PUBLIC": "1", "LSTM_LENS_ALLOW": "upload, Train"}
    assert permissions("localhost", settings) == Permissions(True, True, False, True, False)


def test_a_refusal_says_what_and_how_to_allow_it() -> None:
    public = permissions("0.0.0.0", {})
    for action in ACTIONS:
        assert f"LSTM_LENS_ALLOW={action}" in (public.refusal(action) or "")
        with pytest.raises(NotAllowedError, match="public server"):
            public.require(action)
    home = permissions("localhost", {})
    assert [home.refusal(action) for action in ACTIONS] == [None] * 4
    home.require("delete")


@pytest.mark.parametrize(
    "settings", [{"LSTM_LENS_PUBLIC": "maybe"}, {"LSTM_LENS_ALLOW": "train,everything"}]
)
def test_a_setting_that_is_not_known_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(InputError):
        permissions("localhost", settings)


def test_in_public_everybody_controls_their_own_and_at_home_all() -> None:
    ann = Visitor("ann", permissions("0.0.0.0", {}))
    assert ann.controls("ann") and not ann.controls("bo") and not ann.controls("")
    assert not Visitor("", permissions("0.0.0.0", {})).controls("")
    assert Visitor("ann").controls("bo") and LOCAL.controls("ann")
