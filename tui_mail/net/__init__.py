"""What every protocol shares: TLS, certificate errors in words, signing in."""
