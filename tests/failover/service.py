"""The service under test: two processes of it on one database, and one sandbox rail."""

import base64
import json
import os
import secrets
import subprocess
import urllib.request

from processes import Failed, Process, free_port, wait_until


class Service:
    """The processes, all of one program."""

    def __init__(self, program, folder, database_url):
        self.program = program
        self.folder = folder
        self.rail_url = f"http://127.0.0.1:{free_port()}"
        self.urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        self.processes = []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
        self.env = inherited | {
            "DATABASE_URL": database_url,
            "VOUCH_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }

    def start(self):
        """Migrates, makes a key, and starts the rail and the processes. Answers the key."""
        self._run("migrate")
        organisation = self._json("org", "create", "--name", "Failover", "--email", "ops@example.com", "--json")
        of = ["--org", organisation["organisation_id"], "--api", "remittance", "--env", "test"]
        key = self._json("key", "create", *of, "--json")["key"]
        rail = ["sandbox-rail", "--listen", self.rail_url.removeprefix("http://"), "--data", str(self.folder / "rail")]
        self._start("rail", rail, {})
        wait_until("the rail", lambda: self.rail_customers() == [], 20)
        for number, url in enumerate(self.urls, 1):
            self._start(f"serve{number}", ["serve"], self._settings(url))
        for url in self.urls:
            wait_until("the service", lambda: urllib.request.urlopen(f"{url}/readyz", timeout=5).status == 200, 30)
        return key

    def rail_customers(self):
        """Every customer that the rail has."""
        with urllib.request.urlopen(f"{self.rail_url}/_sandbox/customers", timeout=10) as answer:
            return json.load(answer)["data"]

    def stop(self):
        """Ends all processes."""
        for process in reversed(self.processes):
            process.stop()

    def _settings(self, url):
        return {
            "VOUCH_LISTEN": url.removeprefix("http://"),
            "VOUCH_OPS_LISTEN": f"127.0.0.1:{free_port()}",
            "VOUCH_RAIL_TEST_URL": self.rail_url,
            "VOUCH_RAIL_TEST_API_KEY": "sandbox-key",
            "VOUCH_RATE_LIMIT_READ": "0",
            "VOUCH_RATE_LIMIT_WRITE": "0",
        }

    def _start(self, name, arguments, settings):
        command = [self.program, *arguments]
        self.processes.append(Process(name, command, self.folder, env=self.env | settings))

    def _json(self, *arguments):
        return json.loads(self._run(*arguments))

    def _run(self, *arguments):
        command = [self.program, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failed(f"`vouch {arguments[0]}` failed: {done.stderr.strip()}")
        return done.stdout
