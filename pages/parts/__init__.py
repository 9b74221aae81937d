"""Parts that several pages share: each draws one thing and returns plain values."""
