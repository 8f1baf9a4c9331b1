"""The portal as it runs in production, with a database of its own and the demo content, which can be killed."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PLAN_FILE = "fixtures/plan/000_5b31e1cc3ff236a8.txt"
PASSWORD = "shili-2023-kepu"


class Portal:
    """gunicorn, DEBUG off, static files collected; `address` stays the same when it is started again."""

    def __init__(self, place):
        self.log = place / "log"
        self.environment = {name: value for name, value in os.environ.items() if name != "DEBUG"} | {
            "SECRET_KEY": "for-these-tests-only",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            "DATABASE_URL": f"sqlite:///{place / 'portal.sqlite3'}",
            "MEDIA_ROOT": str(place / "media"),
            "DEMO_PASSWORD": PASSWORD,
        }
        self.port = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *command):
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)

    def prepare(self):
        for command in (
            ["migrate"],
            ["collectstatic", "--no-input"],
            ["import_plan", PLAN_FILE],
            ["load_demo"],
        ):
            self.manage(*command)

    def start(self):
        """Begin to listen before the server runs, so that the first request waits for it by itself."""
        with socket.create_server(("127.0.0.1", self.port)) as listening:
            self.port = listening.getsockname()[1]
            bind = ["--bind", f"fd://{listening.fileno()}", "--threads", "4", "--log-file", str(self.log)]
            command = [sys.executable, "-m", "gunicorn", *bind, "chengkou_kepu.wsgi"]
            self.server = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
            assert urlopen(f"{self.address}/healthz", timeout=60).read() == b"ok"

    def kill(self, how=signal.SIGKILL):
        """Stop the server and its workers at once, in the middle of whatever they do."""
        os.killpg(self.server.pid, how)
        self.server.wait(timeout=30)
