"""Flask with prometheus_client's instruments: flask_peer.py PORT, or flask_peer:app for gunicorn.

WORK in the environment is the least and the most time that it sleeps for a request, in seconds.
"""

import os
import random
import sys
import time

import flask
from prometheus_client import Counter, Histogram

WORK = [float(bound) for bound in os.environ.get("WORK", "").split()]

app = flask.Flask(__name__)
REQUESTS = Counter("app_request_count", "Requests.", ["method", "endpoint", "status"])
LATENCY = Histogram("app_request_latency_seconds", "Latency of requests.", ["method", "endpoint"])


@app.before_request
def begin():
    flask.g.start = time.perf_counter()


@app.after_request
def finish(response):
    method, path = flask.request.method, flask.request.path
    REQUESTS.labels(method, path, response.status_code).inc()
    LATENCY.labels(method, path).observe(time.perf_counter() - flask.g.start)
    return response


@app.get("/")
def hello():
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if WORK:
        seconds = random.uniform(*WORK)
        time.sleep(seconds)
        headers["Server-Timing"] = f"work;dur={1000 * seconds:.3f}"
    return "Hello Monitoring!", headers


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
