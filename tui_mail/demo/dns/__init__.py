"""The names of the demo's world: a small zone on loopback, and how it is asked (RFC 1034, 1035)."""
