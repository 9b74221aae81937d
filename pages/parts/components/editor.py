"""The live review editor: a multi-line text area that tells its text while one types.

It is a Streamlit component of our own (``assets/editor.js`` and ``assets/editor.css``). Inside an
``@st.fragment`` only the fragment runs again while a person types::

    typed = review_editor("", key="review", max_characters=100_000)
    st.button("Clear example", on_click=put_review, args=("An example.",), kwargs={"key": "review"})

Who holds the text: the browser's textarea. What it sends is checked here again and kept in the
session as a ``_Sheet``, because Streamlit forgets a component's state when the page changes. The
other way, Python replaces the text only with a higher revision (``put_review``), never as an echo.

How tests set the text: AppTest cannot drive a component. Before the first run use the link,
``at.query_params["text"] = "..."``, at any time ``put_review("...", key="review",
state=at.session_state)`` followed by ``at.run()``. In plain mode (``at.query_params["plain"] =
"true"`` with ``plain_editor_toggle``) there is a real ``at.text_area(key="review_plain")``.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeGuard, cast
from urllib.parse import quote_plus

import streamlit as st

from pages.parts.components.callbacks import sent_by, value_of
from pages.parts.components.source import component

LINK_PARAMETER = "text"
PLAIN_PARAMETER = "plain"
LABEL = "Review"  # of the editor, for a screen reader
PLACEHOLDER = "Type or paste a film review\N{HORIZONTAL ELLIPSIS}"
# Beyond this many encoded characters a link gets broken by mail programs and chats.
LINK_LIMIT = 6_000
# In trouble a longer link is better than a lost text; servers refuse lines above 64 KiB.
_TROUBLE_LIMIT = 30_000
_LAST_REVISION = 2**31 - 1
_UNLIMITED = 2**31 - 1  # characters; the editor cuts at its own limit
_HTML = """
<div class="sheet">
  <div class="mirror" aria-hidden="true"></div>
  <textarea readonly spellcheck="false" autocomplete="off"></textarea>
</div>
<div class="foot"><span class="count" role="status"></span><span class="link"></span></div>
<p class="trouble" role="alert" hidden>
  The live editor ran into an error of its own.
  <a target="_self">Go on in the plain text area</a>, with this text.
  <span class="copy">This text is too long to take along: copy it first.</span>
</p>
"""


@dataclass(frozen=True)
class EditorValue:
    """What a person typed, checked.

    Attributes:
        text: the text, at most ``max_characters`` long, lines ending in a line feed.
        cut_characters: how many characters beyond the limit were left out.
    """

    text: str
    cut_characters: int = 0


@dataclass(frozen=True)
class _Sheet:
    """The session's copy of one editor's text.

    Attributes:
        typed: the text as it is now.
        base: the text as the browser was last told it; equal data costs Streamlit no message.
        base_cut: what was cut off ``base``.
        revision: raised each time Python, not the person, changes the text.
        put: the text that Python put there last, None where a person wrote or linked it.
    """

    typed: EditorValue
    base: str
    base_cut: int
    revision: int
    put: str | None = None


def clean_text(text: str, max_characters: int) -> EditorValue:
    """Return `text` as the core may have it.

    Lone surrogates become U+FFFD (they cannot be encoded), line ends become line feeds as in a
    browser's text area, and what is beyond `max_characters` is cut.
    """
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return EditorValue(text[:max_characters], max(0, len(text) - max_characters))


def put_review(text: str, *, key: str, state: MutableMapping[str, Any] | None = None) -> None:
    """Replace the text of the editor `key`, for example from a button's ``on_click``.

    Args:
        text: the new text; the editor cuts it at its limit.
        key: the editor's key.
        state: the session state; Streamlit's own unless a test hands in that of an AppTest.
    """
    session = cast(MutableMapping[str, Any], st.session_state if state is None else state)
    slot = _slot(key)
    revision = 1
    if slot in session:
        # Letters that came with the same click: their callback may run after this one.
        sent = session[key].get("typed") if hasattr(session.get(key), "get") else None
        session[slot] = _taken_in(session[slot], sent, _UNLIMITED)
        revision = session[slot].revision + 1
        _keep_own(session, key)
    session[slot] = replace(_new_sheet(EditorValue(text), revision), put=text)


def take_linked_review(*, key: str, max_characters: int) -> None:
    """Take in letters that are in the link only; call it when a click has opened a page.

    A click right after a letter may overtake that letter's message. The editor puts the text in the
    link before it sends it, so a link that changed since the last run holds the newer text.
    """
    sheet, linked = st.session_state.get(_slot(key)), st.query_params.get(LINK_PARAMETER)
    if isinstance(sheet, _Sheet) and linked not in (None, st.session_state.get(_linked_key(key))):
        # A higher revision: where a link of the app has a new text, the browser keeps an older one.
        typed, revision = clean_text(linked, max_characters), sheet.revision + 1
        if not typed.text.startswith(sheet.typed.text):  # no letters typed after it: another text
            _keep_own(cast(MutableMapping[str, Any], st.session_state), key)
        st.session_state[_slot(key)] = replace(sheet, typed=typed, revision=revision)


def arrived_review(*, key: str, max_characters: int) -> str | None:
    """The newest text, for a callback that may run before the editor's own."""
    sheet = st.session_state.get(_slot(key))
    if not isinstance(sheet, _Sheet):
        return None
    return _taken_in(sheet, sent_by(key, "typed"), max_characters).typed.text


def own_review(key: str) -> str | None:
    """The text of their own that a person had in the editor before another one replaced it."""
    return cast(str | None, st.session_state.get(_own_key(key)))


def _keep_own(session: MutableMapping[str, Any], key: str) -> None:
    """Keep the text that is about to be replaced, when it is a person's own."""
    sheet = cast(_Sheet, session[_slot(key)])
    if sheet.typed.text.strip() and sheet.typed.text != sheet.put:
        session[_own_key(key)] = sheet.typed.text


def current_review(initial: str, *, key: str, max_characters: int) -> EditorValue:
    """Return the text of the editor `key` on a page that does not show the editor.

    In a session where the editor never was, this is the link's text, else `initial`.
    """
    return _sheet(initial, key, max_characters, LINK_PARAMETER).typed


def toggle_is_on(key: str) -> bool:
    """Whether a switch that is drawn further down the page is on: by hand, else by the link."""
    if key in st.session_state:
        return bool(st.session_state[key])
    return st.query_params.get(key, "").lower() == "true"


def plain_editor_toggle() -> bool:
    """Draw the switch between live editor and plain text area, kept in the link; return it."""
    return st.toggle(
        "Plain text area",
        key=PLAIN_PARAMETER,
        bind="query-params",
        help="For browsers in which the live editor does not work. The page then follows the text "
        "after Ctrl+Enter or a click outside it.",
    )


def review_editor(
    initial: str,
    *,
    key: str,
    max_characters: int,
    parameter: str = LINK_PARAMETER,
    plain: bool = False,
) -> EditorValue:
    """Draw the editor and return its current text.

    Args:
        initial: the text of a session whose link has none. This text is not put in the link.
        key: the editor's key; one text a key and session, on all pages.
        max_characters: the limit. The browser keeps no more, and Python checks it again.
        parameter: the query parameter the text is kept in.
        plain: draw Streamlit's own text area instead, which updates on leaving it.
    """
    sheet = _sheet(initial, key, max_characters, parameter)
    if plain:
        _draw_plain(sheet.typed.text, key, max_characters)
        _write_link(parameter, sheet.typed.text, initial)
    else:
        # No component state means that it is drawn again: the browser is told today's text.
        if key not in st.session_state:
            sheet = replace(_new_sheet(sheet.typed, sheet.revision), put=sheet.put)
        data = {
            "slot": key,
            "text": sheet.base,
            "cut": sheet.base_cut,
            "revision": sheet.revision,
            "initial": initial,
            "maxCharacters": max_characters,
            "label": LABEL,
            "placeholder": PLACEHOLDER,
            "parameter": parameter,
            "plainParameter": PLAIN_PARAMETER,
            "linkLimit": LINK_LIMIT,
            "troubleLimit": _TROUBLE_LIMIT,
        }
        # The callback runs before the page does: what stands above the editor is in step, and a
        # click on another page right after the last letter does not overtake that letter.
        draw = component(
            "review_editor", _HTML, "editor.css", "undo.js", "editor.js", isolated=True
        )
        answer = draw(key=key, data=data, on_typed_change=partial(_arrived, key, max_characters))
        sheet = _taken_in(sheet, answer.get("typed"), max_characters)
    st.session_state[_slot(key)] = sheet
    st.session_state[_linked_key(key)] = st.query_params.get(parameter)
    return sheet.typed


def _linked_key(key: str) -> str:
    return f"{key}_linked"


def _slot(key: str) -> str:
    return f"{key}_sheet"


def _own_key(key: str) -> str:
    return f"{key}_own"


def _plain_key(key: str) -> str:
    return f"{key}_plain"


def _new_sheet(typed: EditorValue, revision: int) -> _Sheet:
    return _Sheet(typed, typed.text, typed.cut_characters, revision)


def _arrived(key: str, max_characters: int) -> None:
    """Take in what the browser just sent, before the page runs."""
    sheet = st.session_state.get(_slot(key))
    if isinstance(sheet, _Sheet):
        value = sent_by(key, "typed")
        st.session_state[_slot(key)] = _taken_in(sheet, value, max_characters)


def _arrived_plain(key: str, max_characters: int) -> None:
    """Take in the plain text area, even when the same click switches it off."""
    sheet, text = st.session_state.get(_slot(key)), value_of(_plain_key(key))
    if isinstance(sheet, _Sheet) and isinstance(text, str):
        new = _new_sheet(clean_text(text, max_characters), sheet.revision + 1)
        st.session_state[_slot(key)] = replace(new, put=sheet.put)


def _sheet(initial: str, key: str, max_characters: int, parameter: str) -> _Sheet:
    """Return the session's sheet, made from the link or from `initial` at first."""
    slot = _slot(key)
    if slot not in st.session_state:
        linked = st.query_params.get(parameter)
        text = initial if linked is None else linked
        sheet = _new_sheet(clean_text(text, max_characters), 0)
        st.session_state[slot] = replace(sheet, put=initial)
    sheet = cast(_Sheet, st.session_state[slot])
    if len(sheet.typed.text) > max_characters:
        new = _new_sheet(clean_text(sheet.typed.text, max_characters), sheet.revision)
        sheet = st.session_state[slot] = replace(new, put=sheet.put)
    return sheet


def _taken_in(sheet: _Sheet, value: object, max_characters: int) -> _Sheet:
    """Return `sheet` with the browser's `value`, unless that is malformed or older."""
    if not isinstance(value, dict):
        return sheet
    text, revision, cut = (value.get(name) for name in ("text", "revision", "cut"))
    if not isinstance(text, str) or not _whole_number(revision):
        return sheet
    # A higher revision than ours: the session was lost, the browser's text was not.
    if revision < sheet.revision:
        return sheet
    typed = clean_text(text, max_characters)
    if _whole_number(cut):
        typed = replace(typed, cut_characters=typed.cut_characters + cut)
    return replace(sheet, typed=typed, revision=revision)


def _whole_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= _LAST_REVISION


def _draw_plain(text: str, key: str, max_characters: int) -> None:
    area = _plain_key(key)
    # The sheet has what was typed here (_arrived_plain) and what came from elsewhere since.
    if st.session_state.get(area) != text:
        st.session_state[area] = text
    st.text_area(
        LABEL,
        key=area,
        on_change=_arrived_plain,
        args=(key, max_characters),
        height=260,
        max_chars=max_characters,
        placeholder=PLACEHOLDER,
        label_visibility="collapsed",
    )


def _write_link(parameter: str, text: str, initial: str) -> None:
    """Keep the link in step as the script does, here with a history entry for each text."""
    fits = text != initial and len(quote_plus(text)) <= LINK_LIMIT
    if fits and st.query_params.get(parameter) != text:
        st.query_params[parameter] = text
    elif not fits and parameter in st.query_params:
        del st.query_params[parameter]
