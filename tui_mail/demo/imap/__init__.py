"""The IMAP counter of the post office (RFC 3501 with the extensions that `connection.CAPABILITIES` lists).

It stands on the same tokeniser as the client, `tui_mail.imap.wire`, and on the mailboxes of the office.
"""
