"""A draft built into the letter that leaves, with the identity and the attachments that belong to it."""

import asyncio
from datetime import datetime

from tui_mail.engine.core import Core
from tui_mail.mime.identities import writing_as
from tui_mail.mime.letters import Built, build
from tui_mail.model.draft import Draft
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.identity import Identity
from tui_mail.model.safe_text import safe_identity


async def built(core: Core, draft: Draft) -> Built:
    """Return a draft as a letter; raises MailError, in words, for what cannot leave like this."""
    identity = identity_of(core, draft)
    contents = await asyncio.to_thread(core.drafting.files.contents, draft.enclosures)
    now = datetime.now().astimezone()
    return await asyncio.to_thread(lambda: build(draft, identity, contents, date=now))


def identity_of(core: Core, draft: Draft) -> Identity:
    """Return who writes a draft, with the address that it names; raises ConfigError."""
    account = core.accounts.get(draft.account)
    if account is None:
        raise ConfigError("This account is no longer set up", hint="Choose another sender")
    found = writing_as(account.writes_as, draft.sender)
    if found is None:
        raise MailError(
            f"{account.key} does not write as {safe_identity(draft.sender)}",
            hint="Choose another sender, or add an identity to the configuration",
        )
    return found
