"""A PostgreSQL cluster on loopback: one etcd, and nodes that Patroni replicates synchronously."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import urllib.request

from processes import Failed, Process, free_port, send, wait_until, with_descendants

NODES = 3
PACKAGES = ["postgresql", "patroni", "etcd-server", "python3-etcd"]
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


def install():
    """Installs what is missing, as Debian packages, without starting their services."""
    if shutil.which("patroni") and shutil.which("etcd") and newest_bin_dir():
        return
    if os.geteuid() != 0:
        raise Failed(f"missing packages: apt-get install {' '.join(PACKAGES)}")
    made_policy = not POLICY.exists()
    if made_policy:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=env, check=True)
        subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES], env=env, check=True)
    finally:
        if made_policy:
            POLICY.unlink()


def newest_bin_dir():
    """Where Debian keeps the server programs of the newest installed PostgreSQL."""
    found = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in found), key=lambda path: int(path.parent.name), default=None)


class Node:
    """One Patroni, and the PostgreSQL that it keeps."""

    def __init__(self, name, folder):
        self.name = name
        self.port = free_port()
        self.rest_port = free_port()
        self.data = folder / name
        self.process = None

    def postmaster(self):
        """The pid of PostgreSQL's first process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def everything(self):
        """All processes of this node: Patroni first, so that nobody restarts PostgreSQL."""
        pids = self.process.family()
        with contextlib.suppress(OSError):
            pids += with_descendants(self.postmaster())
        return pids

    def stop(self):
        """Ends PostgreSQL and Patroni, whatever state they are in."""
        send(signal.SIGKILL, self.everything())
        self.process.popen.wait()


class Cluster:
    """The cluster. `timing` is Patroni's: `ttl`, `loop_wait` and `retry_timeout`, in seconds."""

    def __init__(self, folder, timing):
        self.folder = folder
        self.timing = timing
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        self.bin_dir = newest_bin_dir()
        self.superuser_password = secrets.token_hex(16)
        self.replication_password = secrets.token_hex(16)
        self.owner_password = secrets.token_hex(16)
        self.etcd = None
        self.etcd_port = free_port()
        self.nodes = [Node(f"node{number}", folder) for number in range(1, NODES + 1)]

    def start(self):
        """Starts everything, and waits for a primary, a synchronous standby and a replica."""
        self._start_etcd()
        for node in self.nodes:
            config = self.folder / f"{node.name}.yml"
            # JSON is YAML.
            config.write_text(json.dumps(self._config(node), indent=1))
            node.process = Process(f"{node.name}-patroni", ["patroni", str(config)], self.folder, self.user)
        wait_until("a primary and its standbys", self._is_complete, 90)

    def make_database(self):
        """Makes the service's role and database. SCRAM would cost an unoptimised build most of a second of computing
        for every connection, and drown what is to be measured: so MD5, here."""
        self.sql(f"SET password_encryption = md5; CREATE ROLE vouch LOGIN PASSWORD '{self.owner_password}'")
        self.sql("CREATE DATABASE vouch OWNER vouch")

    def url(self):
        """The URL of all nodes, of which a client takes the one that can be written to."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://vouch:{self.owner_password}@{hosts}/vouch?target_session_attrs=read-write"

    def sql(self, statement, database="postgres"):
        """Runs a statement on the primary as superuser, and answers what psql prints."""
        port = self.primary().port
        url = f"postgresql://postgres:{self.superuser_password}@127.0.0.1:{port}/{database}"
        psql = [self.bin_dir / "psql", "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", statement, url]
        return subprocess.run(psql, check=True, capture_output=True, text=True, timeout=30).stdout.strip()

    def primary(self):
        """The node that holds the leader lock and accepts writes, waited for."""
        return wait_until("a primary", self._primary, 90)

    def stop(self):
        """Ends all processes, where they were started."""
        for node in self.nodes:
            if node.process:
                node.stop()
        if self.etcd:
            self.etcd.stop()

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        command = ["etcd", "--name=only", f"--data-dir={self.folder / 'etcd'}"]
        command += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
        command += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
        command += [f"--initial-cluster=only={peer}"]
        self.etcd = Process("etcd", command, self.folder, self.user)
        wait_until("etcd", lambda: urllib.request.urlopen(f"{client}/health", timeout=2).status == 200, 20)

    def _config(self, node):
        dynamic = self.timing | {
            "synchronous_mode": True,
            # Without it Patroni lets the primary acknowledge alone when no standby is left.
            "synchronous_mode_strict": True,
            "postgresql": {"use_slots": True, "parameters": {"max_connections": 200}},
        }
        return {
            "scope": "vouch",
            "name": node.name,
            "etcd3": {"host": f"127.0.0.1:{self.etcd_port}"},
            "restapi": {
                "listen": f"127.0.0.1:{node.rest_port}",
                "connect_address": f"127.0.0.1:{node.rest_port}",
            },
            "bootstrap": {
                "dcs": dynamic,
                "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{node.port}",
                "connect_address": f"127.0.0.1:{node.port}",
                "bin_dir": str(self.bin_dir),
                "data_dir": str(node.data),
                "pgpass": str(self.folder / f"{node.name}.pgpass"),
                "parameters": {"unix_socket_directories": "", "log_error_verbosity": "terse"},
                "pg_hba": [
                    "host vouch vouch 127.0.0.1/32 md5",
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication replicator 127.0.0.1/32 scram-sha-256",
                ],
                "authentication": {
                    "superuser": {"username": "postgres", "password": self.superuser_password},
                    "replication": {"username": "replicator", "password": self.replication_password},
                },
            },
        }

    def _primary(self):
        """Patroni answers `GET /primary` with 200 only on the node that holds the lock and runs as primary."""
        for node in self.nodes:
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{node.rest_port}/primary", timeout=1).status == 200:
                    return node
        return None

    def _is_complete(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.nodes[0].rest_port}/cluster", timeout=2) as answer:
            members = json.load(answer)["members"]
        roles = sorted(member["role"] for member in members if member["state"] in ("running", "streaming"))
        return roles == ["leader", "replica", "sync_standby"]
