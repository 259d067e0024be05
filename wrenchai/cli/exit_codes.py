"""The exit codes of every command; scripts may rely on them.

0   done; a task that was followed ended well
1   a task failed or was cancelled, a check found something wrong, or time ran out
2   the command line or an input file is wrong
3   nothing runs there, it cannot be reached, or it could not be started
4   refused: the request itself must change
130 stopped with Ctrl-C
"""

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
REFUSED = 4
INTERRUPTED = 130
