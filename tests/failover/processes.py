"""Processes that are started here and surely end here, and waiting with a deadline."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time


class Failed(Exception):
    """The test failed, or could not be run; the text says why."""


def free_port():
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds):
    """Polls until `condition` answers something true, and answers that. An `OSError` means "not yet"."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if answer := condition():
                return answer
        time.sleep(0.1)
    raise Failed(f"after {seconds} s still waiting for: {what}")


def with_descendants(pid):
    """A process, and whatever it started that still lives, parents first."""
    children = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            children += (task / "children").read_text().split()
    return [pid] + [each for child in children for each in with_descendants(int(child))]


def send(signal_number, pids):
    """Signals processes, of which some may have ended."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)


class Process:
    """A process in a session of its own, whose output goes to a file."""

    def __init__(self, name, command, folder, user=None, env=None):
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def family(self):
        """The process and its descendants."""
        return with_descendants(self.popen.pid)

    def stop(self):
        """Asks it to end, then makes it."""
        self.popen.terminate()
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            send(signal.SIGKILL, self.family())
            self.popen.wait()
