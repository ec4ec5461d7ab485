"""Where the offline copy and the servers are made to agree. No screen, no arguments, no paths."""
