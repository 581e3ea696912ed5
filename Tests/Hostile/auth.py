#!/usr/bin/env python3
"""Knocks at a server that asks for a password and looks at certificates: everybody has to get what is due to them, and
how long a refusal takes must not tell whether there is a user of that name."""
import base64
import contextlib
import ctypes
import math
import random
import secrets
import ssl
import statistics
import string
import tempfile
import time
import warnings

from support import Authority, Closed, Connection, Failure, Options, Server, run

USER, PASSWORD = "alice", "correct horse"


def bcrypt(password, cost):
    """By the system's libcrypt."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    alphabet = "./" + string.ascii_letters + string.digits
    # Of the last character, four bits are no part of the salt.
    salt = "".join(secrets.choice(alphabet) for _ in range(21)) + secrets.choice(".Oeu")
    hashed = library.crypt(password.encode(), f"$2b${cost:02}${salt}".encode())
    if not hashed or not hashed.startswith(b"$2b$"):
        raise Failure("libcrypt doesn't know bcrypt")
    return hashed.decode()


def credentials(user, password):
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"


GOOD = credentials(USER, PASSWORD)

# MARK: Who gets what


def check_passwords(report, server):
    with Connection(server.port, tls=server.tls) as connection:
        for what, path, headers, expected in (
            ("no credentials", "/metrics", "", 401),
            ("no credentials, unknown path", "/nowhere", "", 401),
            ("an unknown user", "/metrics", credentials("mallory", PASSWORD), 401),
            ("a wrong password", "/metrics", credentials(USER, "wrong horse"), 401),
            ("an empty password", "/metrics", credentials(USER, ""), 401),
            ("another scheme", "/metrics", "Authorization: Bearer token\r\n", 401),
            ("credentials that are no base64", "/metrics", "Authorization: Basic ~~~\r\n", 401),
            ("credentials without a colon", "/metrics", "Authorization: Basic YWxpY2U=\r\n", 401),
            ("two of them, one right", "/metrics", GOOD + credentials(USER, "wrong"), 401),
            ("the right password", "/metrics", GOOD, 200),
            ("the right password once more", "/metrics", GOOD, 200),
            ("the right password, unknown path", "/nowhere", GOOD, 404),
        ):
            response = connection.get(path, headers)
            challenge = response.headers.get("www-authenticate", "")
            report.check(response.status == expected and challenge.startswith("Basic ") == (expected == 401),
                         what, f"{response.status}{challenge and ', ' + challenge}")


def alert(port, context, headers=""):
    """The alert by which the server refuses a connection; a status if it doesn't."""
    try:
        with Connection(port, tls=context) as connection:
            # By TLS 1.3 a client's handshake is over before its certificate has been looked at. What is sent into an
            # end destroys the alert.
            connection.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                connection.socket.recv(1)
            connection.socket.settimeout(10)
            return connection.get("/healthz", headers).status
    except ssl.SSLError as error:
        return error.reason
    except (Closed, ConnectionError) as error:
        return f"{type(error).__name__}: {error}"


def client_context(authority, certificate=None, version=None):
    context = ssl.create_default_context(cafile=authority.path("authority.pem"))
    if certificate:
        context.load_cert_chain(authority.path(f"{certificate}.pem"), authority.path(f"{certificate}.key"))
    if version:
        # Below what today's OpenSSL allows by itself.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    return context


def check_versions(report, server, authority):
    for version, expected in (ssl.TLSVersion.TLSv1, None), (ssl.TLSVersion.TLSv1_1, None), (
            ssl.TLSVersion.TLSv1_2, 200), (ssl.TLSVersion.TLSv1_3, 200):
        found = alert(server.port, client_context(authority, version=version), GOOD)
        report.check(found == (expected or "TLSV1_ALERT_PROTOCOL_VERSION"), f"by {version.name}", found)


def check_certificates(report, server, authority, what, cases):
    for certificate, expected in cases:
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context = client_context(authority, certificate)
            context.maximum_version = version
            found = alert(server.port, context, GOOD)
            report.check(found in expected, f"{what}: {certificate or 'none'}, {version.name}", found)


def check_plain(report, server):
    before = server.metrics(GOOD).total("http_server_rejected_requests_total", reason="plain_http_on_tls")
    with Connection(server.port) as connection:
        response = connection.get("/healthz")
        try:
            ended = connection.socket.recv(1) == b""
        except OSError as error:
            ended = error
    report.check(response.status == 400 and ended is True, "plain HTTP where TLS is spoken",
                 f"{response.status}, {response.body.decode().strip()!r}, then {'closed' if ended is True else ended}")
    after = server.metrics(GOOD).total("http_server_rejected_requests_total", reason="plain_http_on_tls")
    report.equal(after - before, 1, "it is counted")


# MARK: How long a refusal takes


def rank_test(first, second):
    """The probability that two samples of the same distribution differ as much as these, by the rank sum test of Mann
    and Whitney, two-sided, in its normal approximation. Ties don't occur among durations."""
    order = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, sample) in enumerate(order, 1) if sample == 0)
    n, m = len(first), len(second)
    deviation = math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(ranks - n * (n + m + 1) / 2) / deviation / math.sqrt(2))


def time_refusals(server, samples):
    """Seconds until 401: for unknown users, and for wrong passwords. In random order, so that whatever else happens on
    the machine happens to both; each with a password that nobody has seen before."""
    plan = [False] * samples + [True] * samples
    random.shuffle(plan)
    times = {False: [], True: []}
    with Connection(server.port, tls=server.tls) as connection:
        for is_known in [True, False] * 2 + plan:
            headers = credentials(USER if is_known else secrets.token_hex(len(USER))[: len(USER)], secrets.token_hex(8))
            begin = time.perf_counter()
            status = connection.get("/healthz", headers).status
            times[is_known].append(time.perf_counter() - begin)
            if status != 401:
                raise Failure(f"a wrong password was answered with {status}")
    # The first ones are there to get everything going.
    return times[False][2:], times[True][2:]


def check_timing(report, server, samples):
    # Once in a thousand times chance alone looks like a difference; a real one is there again.
    for _ in range(2):
        unknown, wrong = time_refusals(server, samples)
        medians = statistics.median(unknown), statistics.median(wrong)
        probability = rank_test(unknown, wrong)
        found = (f"medians {1e3 * medians[0]:.3f} ms and {1e3 * medians[1]:.3f} ms of {samples} each, "
                 f"ratio {medians[0] / medians[1]:.4f}; p = {probability:.3f} by ranks (at least 0.001)")
        if probability >= 0.001:
            break
        report.say(f"once more: {found}")
    report.check(probability >= 0.001, "unknown users and wrong passwords can't be told apart", found)


# MARK: The run


def body(report, options):
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        authority.issue("valid")
        authority.issue("expired", days=-1)
        users = f"basic_auth_users:\n  {USER}: {bcrypt(PASSWORD, options.cost)}\n"
        clients = "  client_ca_file: " + authority.path("authority.pem") + "\n  client_auth_type: "
        none = {"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
        expired = {"SSLV3_ALERT_CERTIFICATE_EXPIRED"}

        server = Server.with_tls(options.server, authority, "--grace=1s",
                                 more=f"{clients}VerifyClientCertIfGiven\n{users}")
        check_passwords(report, server)
        check_versions(report, server, authority)
        check_certificates(report, server, authority, "a certificate if there is one",
                           [(None, {200}), ("valid", {200}), ("expired", expired)])
        check_plain(report, server)
        check_timing(report, server, options.samples)
        report.equal(server.end(), 0, "exit status")

        server = Server.with_tls(options.server, authority, "--grace=1s",
                                 more=f"{clients}RequireAndVerifyClientCert\n{users}")
        check_certificates(report, server, authority, "a certificate in any case",
                           [(None, none), ("valid", {200}), ("expired", expired)])
        report.equal(server.end(), 0, "exit status")


def main():
    options = Options(__doc__)
    options.add_argument("--samples", type=int, default=100, metavar="N", help="refusals timed of each (%(default)s)")
    options.add_argument("--cost", type=int, default=10, metavar="N", help="bcrypt's, of the password (%(default)s)")
    options = options.parse_args()
    run(body, options, 60 + options.samples)


if __name__ == "__main__":
    main()
