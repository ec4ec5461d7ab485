"""Makes the pictures beside it from the demo: `python screenshots/make.py`.

The clock stands still, so the same program makes the same pictures. PNG files appear where `rsvg-convert` is
installed, with fonts for the scripts that the letters use.
"""

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MOMENT = 1_794_927_600.0
"""When the pictures are taken."""

time.time = lambda: MOMENT  # before anything else keeps a reference to the running clock

from textual.pilot import Pilot  # noqa: E402

from tui_mail.config.paths import Home  # noqa: E402
from tui_mail.config.secrets import Given  # noqa: E402
from tui_mail.demo.post_office import PostOffice  # noqa: E402
from tui_mail.engine import Engine  # noqa: E402
from tui_mail.model.settings import Settings  # noqa: E402
from tui_mail.ui.app import MailApp  # noqa: E402

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: its size, its theme, and the keys that lead to it."""

    name: str
    columns: int
    lines: int
    theme: str
    keys: tuple[str, ...] = ()


SCENES = (
    Scene("columns", 200, 50, "harbour", ("j", "enter")),
    Scene("stacked", 120, 40, "paper", ("j", "j", "enter")),
    Scene("single", 80, 24, "harbour"),
    Scene("newsletter", 120, 40, "nocturne", (*("j",) * 20, "enter")),
    Scene("help", 120, 40, "orchard", ("question_mark",)),
    Scene("palette", 120, 40, "harbour", ("colon",)),
    Scene("sync", 120, 40, "paper", ("g", "S")),
    # the last, because it changes what the post office holds
    Scene("journal", 120, 40, "harbour", (*"adjst", *"lamps", "enter", *"jdjdugj")),
)


async def take(scene: Scene, engine: Engine) -> str:
    """Return a picture of the running app as SVG."""
    app = MailApp(
        engine,
        Settings(theme=scene.theme),
        home_label="demo",
        start_demo=None,
        save_setting=lambda _key, _value: None,
    )
    async with app.run_test(size=(scene.columns, scene.lines)) as pilot:
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
            await settled(pilot)
        svg = app.export_screenshot(title="tui-mail")
    return re.sub(r"terminal-\d+", "terminal", svg).replace("<svg ", '<svg xml:space="preserve" ', 1)


async def settled(pilot: "Pilot[None]") -> None:
    """Wait until the screen has painted what the store gave it."""
    for _ in range(8):
        await pilot.pause(0.05)


async def main() -> None:
    """Take every picture over one demo."""
    with tempfile.TemporaryDirectory() as folder:
        async with PostOffice(trickle=False, now=time.time) as office:
            for scene in SCENES:
                home = Home.at(Path(folder, scene.name))
                home.prepare()
                passwords = Given(office.passwords)
                engine = await Engine.start(home, office.accounts, passwords, workers=False)
                await engine.sync_once()
                await engine.stop()
                engine = await Engine.start(home, office.accounts, passwords)
                svg = await take(scene, engine)
                await engine.stop()
                HERE.joinpath(f"{scene.name}.svg").write_text(svg, encoding="utf-8")
                to_png(scene)


def to_png(scene: Scene) -> None:
    """Render a picture as PNG too, where a converter is there."""
    if converter := shutil.which("rsvg-convert"):
        picture = HERE / scene.name
        width = str(scene.columns * 10)
        command = [converter, "-w", width, f"{picture}.svg", "-o", f"{picture}.png"]
        subprocess.run(command, check=True)  # noqa: S603 - a fixed command over names from SCENES


asyncio.run(main())
