"""The screen: Textual lives here and nowhere else.

Its only state is selection, focus, scroll and what is open.
"""
