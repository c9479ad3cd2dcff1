"""Page tokens: where the next page begins, bound to the request it belongs to."""

import base64
import hashlib
import struct

from google.protobuf.message import Message

_TOKEN = struct.Struct(">I8s")
# Nobody reads on so far; each page costs what stands before it.
MAX_OFFSET = 1_000


def make_token(offset: int, request: Message) -> str:
    """Return the token of the page that begins at `offset`."""
    return base64.urlsafe_b64encode(_TOKEN.pack(offset, _mark(request))).decode()


def read_token(token: str, request: Message) -> int:
    """Return where the page begins, 0 for ""; raises ValueError for a token of another request."""
    if not token:
        return 0
    try:
        offset, mark = _TOKEN.unpack(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, struct.error):
        raise ValueError("got something else, want a next_page_token") from None
    if mark != _mark(request) or offset > MAX_OFFSET:
        raise ValueError("got the token of another request, want all other fields unchanged")
    return int(offset)


def page_size_from(asked: int, *, default: int, most: int) -> int:
    """Return how many items a page holds; raises ValueError for a negative size."""
    if asked < 0:
        raise ValueError(f"got {asked}, want 0 (for {default}) to {most}")
    return min(asked or default, most)


def _mark(request: Message) -> bytes:
    """Hash all of the request but its paging fields."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_token")
    bare.ClearField("page_size")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()[:8]
