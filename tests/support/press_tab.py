#!/usr/bin/env python3
"""press_tab.py FILE LINE SHELL...: what an interactive shell shows when TAB is pressed three times behind LINE.

The shell reads commands from a terminal of its own: first `source FILE`, then LINE and the keys.
"""
import os
import pty
import sys

setup, line, shell = sys.argv[1], sys.argv[2], sys.argv[3:]
shell_id, terminal = pty.fork()
if shell_id == 0:
    os.environ.update(TERM="dumb", COLUMNS="200", INPUTRC="/dev/null", HOME=os.path.dirname(setup))
    os.execvp(shell[0], shell)


def seen_until(mark):
    """Everything up to the mark, which no command that was typed holds in one piece."""
    text = b""
    while mark not in text:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            sys.exit("the shell has ended: " + text.decode(errors="replace"))
        text += more
    return text


def press(keys):
    os.write(terminal, keys.encode())


# Behind its prompt the shell reads keys, and the terminal no longer edits lines by itself.
press(f"source {setup}; PS1=rea''dy@\n")
seen_until(b"ready@")
# Control-U empties the line.
press(f"{line}\t\t\t\x15echo fini''shed\n")
print(seen_until(b"finished").decode(errors="replace"))
