"""Bytes of mail to the words of the domain and back (RFC 5322, 2045–2047, 2231, 3676): pure functions.

Nothing here raises on bad mail, whatever the bytes: what cannot be read is shown as well as it can be. Every
algorithm is linear in its input or capped, so no message can keep the reader waiting. Nothing here knows a
socket, a file or the store.
"""
