"""What the tests of the pages share."""

from collections.abc import Iterator

import pytest
import streamlit as st


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Nothing that Streamlit kept from another test, and nothing kept for the next."""
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()
