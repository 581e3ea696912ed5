"""What the drivers in this folder share: starting the server, reading its metrics and /proc, talking to it byte by
byte, and saying plainly what came of it."""
import argparse
import collections
import ctypes
import math
import multiprocessing
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

# MARK: A driver's run


class Failure(Exception):
    """Something that keeps a driver from going on."""


class Report:
    """Prints what a driver did and found, and remembers what was wrong."""

    def __init__(self, name):
        self.name = name
        self.wrong = []

    def say(self, text):
        print(f"  {text}", flush=True)

    def check(self, is_right, what, found=""):
        self.say(f"{'ok' if is_right else 'WRONG'}: {what}" + (f": {found}" if found else ""))
        if not is_right:
            self.wrong.append(what)
        return is_right

    def equal(self, found, expected, what):
        found, expected = (dict(each) if isinstance(each, dict) else each for each in (found, expected))
        return self.check(found == expected, what, f"{found}" + ("" if found == expected else f", not {expected}"))

    def end(self):
        """The verdict; returns the exit status."""
        wrong = "; ".join(dict.fromkeys(self.wrong))
        print(f"{self.name}: " + (f"FAILED: {wrong}" if wrong else "passed"), flush=True)
        return 1 if self.wrong else 0


class Options(argparse.ArgumentParser):
    """A driver's command line: ``--server``, and what the driver adds."""

    def __init__(self, description):
        super().__init__(description=description.strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
        self.add_argument("--server", required=True, metavar="PATH", help="the server's executable, built for release")


def run(body, options, seconds):
    """Runs a driver: calls ``body(report, options)``, for no longer than so many seconds, ends whatever was started
    and exits with 0 or 1."""
    report = Report(os.path.basename(sys.argv[0]).removesuffix(".py"))

    def interrupted(number, _):
        raise Failure(f"interrupted by {signal.Signals(number).name}")

    def expired(*_):
        raise Failure(f"not done after {seconds:.0f} s")

    # A test runner may block signals, which are inherited: neither the server nor this could then be ended.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, interrupted)
    signal.signal(signal.SIGALRM, expired)
    signal.alarm(math.ceil(seconds))
    raise_descriptor_limit()
    try:
        body(report, options)
    except Failure as failure:
        report.check(False, str(failure))
    except Exception as error:
        traceback.print_exc()
        report.check(False, f"{type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        end_everything()
    sys.exit(report.end())


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def eventually(condition, seconds=10, interval=0.01):
    """Waits until the condition holds; returns its last value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(interval)
    return value


# MARK: Processes

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
started = []


def die_with_parent():
    """In a child: be killed when the driver goes, even if that is killed itself."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_everything():
    for process in started:
        process.kill()
    for process in started:
        process.wait() if isinstance(process, subprocess.Popen) else process.join()
    started.clear()


def start(command, **settings):
    """A ``subprocess.Popen`` that doesn't outlive the driver."""
    if not shutil.which(command[0]):
        raise Failure(f"{command[0]} is missing: install Debian's package of that name")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, **settings)
    started.append(process)
    return process


def cpu_seconds(pid):
    """The CPU time that a process has used, user and system."""
    with open(f"/proc/{pid}/stat") as file:
        # After the command and the state, proc(5)'s fields 14 and 15.
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds_of_others():
    """The CPU time that all cores have spent on anything but this driver and what it has started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, *interrupts = map(int, file.readline().split()[1:9])
    ours = sum(os.times()[:4]) + sum(cpu_seconds(process.pid) for process in started)
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK") - ours


class Child:
    """A function that runs in a process of its own. It is called with a pipe, by which it is told to stop."""

    def __init__(self, function, *arguments):
        fork = multiprocessing.get_context("fork")
        self.pipe, theirs = fork.Pipe()

        def body():
            die_with_parent()
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
                signal.signal(number, signal.SIG_DFL)
            self.pipe.close()
            theirs.send(function(theirs, *arguments))

        self.process = fork.Process(target=body, daemon=True)
        self.process.start()
        theirs.close()
        started.append(self.process)

    def stop(self):
        self.pipe.send("stop")

    def result(self, seconds=60):
        """What the function returned."""
        if not self.pipe.poll(seconds):
            raise Failure(f"a part of the driver wasn't done after {seconds} s")
        try:
            return self.pipe.recv()
        except EOFError:
            raise Failure("a part of the driver failed") from None
        finally:
            self.process.join()
            started.remove(self.process)


class Server:
    """A server in a process of its own; with a listening socket, it gets that as systemd would hand it over."""

    def __init__(self, path, *arguments, listen="127.0.0.1:0", descriptors=None, activation=None):
        self.log = tempfile.TemporaryFile()
        environment = {name: value for name, value in os.environ.items() if not re.match("SERVER_|LISTEN_", name)}
        command = [path]
        if activation:
            # Descriptor 3 is the first that systemd hands over; it is the listening socket in this process as well.
            assert activation.fileno() == 3
            environment["LISTEN_FDS"] = "1"
            command = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', path]
        else:
            arguments = ("--listen", listen) + arguments

        def prepare():
            die_with_parent()
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(
            command + list(arguments), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment,
            preexec_fn=prepare, pass_fds=(3,) if activation else ())
        started.append(self.process)
        self.pid = self.process.pid
        # What clients need to talk to it by TLS, if it speaks that.
        self.tls = None
        self.wait_until_listening()

    @classmethod
    def with_tls(cls, path, authority, *arguments, more=""):
        """A server that speaks TLS; ``more`` goes into its web configuration."""
        authority.issue("server")
        configuration = authority.path("web.yml")
        with open(configuration, "w") as file:
            file.write("tls_server_config:\n"
                       f"  cert_file: {authority.path('server.pem')}\n"
                       f"  key_file: {authority.path('server.key')}\n{more}")
        server = cls(path, f"--web-config-file={configuration}", *arguments)
        server.tls = ssl.create_default_context(cafile=authority.path("authority.pem"))
        return server

    def wait_until_listening(self, seconds=20):
        deadline = time.monotonic() + seconds
        while not (match := re.search(r"listening on (\S*:(\d+))", self.printed)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"the server didn't start: {self.printed.strip() or self.process.returncode}")
            time.sleep(0.002)
        self.port = int(match[2])

    @property
    def printed(self):
        """Everything that it has printed so far."""
        return os.pread(self.log.fileno(), 1 << 24, 0).decode(errors="replace")

    def end(self, seconds=15):
        """Ends it by SIGTERM; returns the exit status, None when it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            started.remove(self.process)

    def metrics(self, headers=""):
        """Scrapes it by a connection of its own."""
        with Connection(self.port, tls=self.tls) as connection:
            return connection.metrics(headers)

    @property
    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resting_descriptors(self):
        """How many it has open when nobody is there: once the number stays, and what the first requests open for good
        is open."""
        with Connection(self.port, tls=self.tls) as connection:
            connection.get("/healthz")
        last, since = None, 0
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and (last is None or time.monotonic() < since + 0.3):
            if (now := self.descriptors) != last:
                last, since = now, time.monotonic()
            time.sleep(0.02)
        return last

    @property
    def rss_kib(self):
        return self._status("VmRSS")

    @property
    def peak_rss_kib(self):
        return self._status("VmHWM")

    def _status(self, name):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(rf"^{name}:\s+(\d+) kB", file.read(), re.M)[1])


# MARK: Metrics


class Metrics:
    """An exposition in Prometheus' text format, as numbers."""

    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.samples = collections.defaultdict(list)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                name, _, labels = series.partition("{")
                self.samples[name].append((dict(self.LABEL.findall(labels)), float(value)))

    def total(self, name, **labels):
        """The sum of all series of this name that have these labels."""
        return sum(value for found, value in self.samples[name] if labels.items() <= found.items())

    def by(self, name, *labels):
        """The series of this name, by the values of these labels (or by the value of the only one); without those that
        are 0."""
        totals = collections.Counter()
        for found, value in self.samples[name]:
            key = tuple(found.get(label, "") for label in labels)
            totals[key[0] if len(key) == 1 else key] += int(value)
        return +totals


# MARK: HTTP


class Closed(Exception):
    """The server closed or reset a connection in the middle of something."""

    def __init__(self, received, reason):
        super().__init__(f"{reason} after {len(received)} bytes")
        self.received = received


Response = collections.namedtuple("Response", "status headers body")


class Connection:
    """A client's connection, blocking, for requests by the letter or against it."""

    def __init__(self, port, timeout=10, segment=None, receive_buffer=None, tls=None):
        """
        segment: the largest TCP segment that the server may send; by it, Linux sizes the server's send buffer.
        tls: an ssl.SSLContext
        """
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if segment:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.buffer = b""
        try:
            self.socket.connect(("127.0.0.1", port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes so that the server gets a RST instead of a FIN."""
        reset(self.socket)

    def send(self, data):
        self.socket.sendall(data)

    def get(self, path, headers=""):
        self.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        return self.response()

    def metrics(self, headers=""):
        return Metrics(self.get("/metrics", headers).body.decode())

    def response(self, is_to_head=False):
        """The next response; its content has to have a Content-Length."""
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, headers = parse_head(head)
        if 100 <= status < 200:
            return self.response(is_to_head)
        length = 0 if is_to_head or status in (204, 304) else int(headers["content-length"])
        while len(self.buffer) < length:
            self._receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Response(status, headers, body)

    def _receive(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise Closed(self.buffer, error.strerror) from None
        if not data:
            raise Closed(self.buffer, "closed")
        self.buffer += data


def parse_head(head):
    """A response's status and its fields, names in lower case."""
    line, *fields = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"HTTP/1\.1 (\d{3}) [^\r\n]*", line)
    if not match:
        raise Failure(f"not a status line: {line!r}")
    return int(match[1]), {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


# MARK: Certificates


class Authority:
    """A certificate authority that lives as long as its folder, by the openssl program."""

    def __init__(self, folder):
        self.folder = folder
        self._openssl("req", "-x509", *self._new_key("authority"), "-subj", "/CN=authority", "-days", "2",
                      "-out", self.path("authority.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, days=1):
        """A certificate for localhost as NAME.pem and its key as NAME.key; with days below 0, one that has expired."""
        self._openssl("req", *self._new_key(name), "-subj", f"/CN={name}", "-out", self.path(f"{name}.csr"))
        with open(self.path("names"), "w") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl("x509", "-req", "-in", self.path(f"{name}.csr"), "-days", str(days), "-CAcreateserial",
                      "-CA", self.path("authority.pem"), "-CAkey", self.path("authority.key"),
                      "-extfile", self.path("names"), "-out", self.path(f"{name}.pem"))

    def _new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.path(f"{name}.key")]

    def _openssl(self, *arguments):
        if not shutil.which("openssl"):
            raise Failure("openssl is missing: install Debian's package of that name")
        done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"openssl {arguments[0]}: {done.stderr.strip()}")


# MARK: Numbers


def percentile(values, fraction):
    """By the nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def latencies(seconds):
    """Percentiles in milliseconds, to be read."""
    return (f"p50 {1e3 * percentile(seconds, 0.5):.2f} ms, p99 {1e3 * percentile(seconds, 0.99):.2f} ms, "
            f"max {1e3 * max(seconds, default=math.nan):.2f} ms, of {len(seconds)}")


def slope(points):
    """Of a line through (x, y) by least squares; 0 with fewer than two points."""
    if len(points) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*points)).slope
