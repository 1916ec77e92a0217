"""Runs one command on the first cores it may use, and prints its wall time, processor time and peak resident memory as JSON.

measure.py CORES STDOUT_FILE COMMAND...: memory is ru_maxrss of wait4, whose floor is this process's own few megabytes.
"""

import json
import os
import sys
import time

cores, stdout_file, *command = sys.argv[1:]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
actions = [(os.POSIX_SPAWN_OPEN, 1, stdout_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)]
started = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - started
figures = {
    "seconds": seconds,
    "cpuSeconds": usage.ru_utime + usage.ru_stime,
    "peakBytes": usage.ru_maxrss * 1024,
    "exitCode": os.waitstatus_to_exitcode(status),
}
print(json.dumps(figures))
