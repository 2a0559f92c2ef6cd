"""Measures the `densenet` program against its peers. Needs nothing but Python; each peer is a program of its own.

cases        what is measured: our command, the peers' commands, and the check that must pass before
check        whether ours and a peer compute the same
measure      runs programs in turns
report       medians, ratios, the table
environment  the program, the peers' Python, the machine
command      the options, and the order of all this
"""
