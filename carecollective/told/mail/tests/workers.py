"""The worker as it runs in production, a process of its own, and what the clock does for one that died."""

import subprocess
import sys
from contextlib import contextmanager

from django.conf import settings
from procrastinate.contrib.django import app

from carecollective.ground import jobs
from carecollective.rollout.tests.servers import surroundings
from carecollective.tasks import rescue
from carecollective.tests.races import run_apart


@contextmanager
def worker(port):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "2"],
        cwd=settings.BASE_DIR,
        env=surroundings() | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def rescue_the_dead():
    """All workers that the table knows are dead. What the task of each minute does after their half minute."""

    async def on_a_connection_of_its_own():
        with app.replace_connector(jobs.ThroughDjango().get_worker_connector()):
            async with app.open_async():
                await rescue(app.job_manager, silent_for=0)

    run_apart(on_a_connection_of_its_own())
