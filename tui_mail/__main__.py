"""`tui-mail` and `python -m tui_mail`."""

import sys

from tui_mail.cli import main

if __name__ == "__main__":
    sys.exit(main())
