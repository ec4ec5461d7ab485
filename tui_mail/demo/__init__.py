"""The embedded post office and its letters: the demo, and a stage for tests.

Everything here is made up: the people, their letters and their domains, which all end in the reserved
`.example` (RFC 2606, 2). It speaks to the rest of the program only as a real server would, over a socket on
loopback.
"""
