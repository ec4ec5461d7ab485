"""SMTP for handing letters to the server of an account (RFC 5321, 6409); it knows neither store nor UI."""
