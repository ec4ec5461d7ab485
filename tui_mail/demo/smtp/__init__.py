"""How letters travel between the domains of the demo: counters, hosts, relays and reports (RFC 5321)."""
