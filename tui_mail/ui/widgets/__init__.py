"""The parts of the screen. Data comes down to them, UiMessages go up; they know nothing above them."""
