"""Real mail servers for the tests, each in a temporary folder of its own on loopback."""
