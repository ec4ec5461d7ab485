"""The words of the domain: frozen values and enums, and the one door for text from outside.

Standard library only, no I/O. Every other package may import this one; it imports none of them.
"""
