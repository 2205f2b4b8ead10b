"""Say by the exit code whether the component in this container is alive; light enough to be asked every few seconds.

Usage: healthy.py SchedulerJob|TriggererJob|DagProcessorJob, or healthy.py http://…

A component is alive while its row in Airflow's table of jobs has a fresh heartbeat; `airflow jobs check` asks the same and
costs four seconds of processor time each time.
"""

from __future__ import annotations

import os
import socket
import sys
import urllib.request

OLDEST_S = 90
TIMEOUT_S = 10
BEATS = """
SELECT count(*) FROM job
WHERE job_type = %s AND hostname = %s AND state = 'running' AND latest_heartbeat > now() - make_interval(secs => %s)
"""


def answers(url: str) -> bool:
    """Return whether a web server in this container answers 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def beats(job_type: str) -> bool:
    """Return whether this host's component of a kind has had a heartbeat within `OLDEST_S` seconds."""
    import psycopg2

    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    try:
        connection = psycopg2.connect(url, connect_timeout=TIMEOUT_S)
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(BEATS, (job_type, socket.gethostname(), OLDEST_S))
            return bool(cursor.fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asked = sys.argv[1]
    sys.exit(0 if (answers if asked.startswith("http") else beats)(asked) else f"{asked}: no sign of life")
