"""Reading a letter reaches out to no one: no socket, no look-up of a name, no other program."""

import subprocess
import sys

WATCHED = """
import sys
events = []
watched = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "urllib.", "http.")
sys.addaudithook(lambda name, args: events.append(name) if name.startswith(watched) else None)
from tui_mail.mime.parse import read
content = read(sys.stdin.buffer.read())
assert content.document.remote_images >= 3, content.document
assert len(content.document.links) == 1, content.document.links
print(*events)
"""

LEAKS = """
<html manifest=http://leak.example/m><head><base href=http://leak.example/>
<link rel=stylesheet href=http://leak.example/s.css><link rel=dns-prefetch href=//leak.example>
<link rel=preload as=image href=http://leak.example/p>
<meta http-equiv=refresh content="0;url=http://leak.example/r">
<style>@import url(http://leak.example/i.css); @font-face{font-family:f;src:url(http://leak.example/f)}
body{background:url(http://leak.example/b)}</style><script src=http://leak.example/j></script></head>
<body background=http://leak.example/bg><img src=http://leak.example/1.gif srcset="//leak.example/2 2x">
<picture><source srcset=http://leak.example/3></picture><video src=http://leak.example/v poster=http://leak.example/o>
</video><audio src=http://leak.example/a></audio><iframe src=http://leak.example/f></iframe>
<object data=http://leak.example/ob></object>
<embed src=http://leak.example/e>
<input type=image src=http://leak.example/in>
<svg><image xlink:href=http://leak.example/svg /><use href=http://leak.example/u /></svg>
<table background=http://leak.example/t><tr><td style="background-image:url('http://leak.example/td')">x</table>
<form action=http://leak.example/post><button formaction=http://leak.example/fa>send</button></form>
<a href=http://leak.example/link ping=http://leak.example/ping>only a link</a></body></html>
"""


def test_rendering_a_letter_full_of_leaks_makes_no_event() -> None:
    letter = "From: Eve <eve@leak.example>\r\nContent-Type: text/html\r\n\r\n" + LEAKS
    run = subprocess.run(
        [sys.executable, "-c", WATCHED], input=letter.encode(), capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    assert run.stdout.split() == []
