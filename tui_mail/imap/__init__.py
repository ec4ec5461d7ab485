"""IMAP4rev2 and IMAP4rev1 with their extensions (RFC 9051, 3501); knows neither store nor screen."""
