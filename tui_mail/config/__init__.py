"""What the user decided: where files live, the configuration file, and the passwords of accounts.

The only home of `keyring`, `platformdirs`, `msgspec` and `tomlkit`. It talks to no server.
"""
