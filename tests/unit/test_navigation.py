"""Requests of a page that was left, as the server sees them."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts.server.navigation import Navigation


def asks(page: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    return message.SerializeToString()


def finished() -> bytes:
    return ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString()


def test_a_fragment_of_the_page_that_was_left_is_stale_until_the_new_page_is_drawn() -> None:
    navigation = Navigation()
    assert not navigation.is_stale(asks(""))  # the first request of a browser names no page
    assert not navigation.is_stale(asks("units"))
    assert navigation.is_stale(asks("live", "editor"))
    assert not navigation.is_stale(asks("units", "task"))
    assert not navigation.is_stale(asks("live"))
    assert navigation.is_stale(asks("units", "task"))
    assert not navigation.is_stale(b"no message")
    navigation.sent(finished())
    assert not navigation.is_stale(asks("live", "editor"))


def test_a_page_that_the_server_switched_to_is_not_stale() -> None:
    navigation = Navigation()
    for message in (asks("live", "strip"), asks("explanations", "view"), asks("explanations")):
        assert not navigation.is_stale(message)
        navigation.sent(finished())
