"""Servers for the tests, on loopback only: real ones, one that lies as told, and faults on the way to any."""
