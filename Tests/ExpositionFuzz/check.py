#!/usr/bin/env python3
"""Reads random expositions with other people's parsers, and compares what they find with what was written.

OpenMetrics goes through prometheus_client's strict parser, the text format through its other one, protobuf through
protobuf's own runtime and a descriptor that is written down here.

usage: check.py GENERATOR [COUNT [SEED [FIRST]]], where GENERATOR is the program ExpositionFuzz
"""
import json
import math
import multiprocessing
import os
import random
import signal
import re
import struct
import subprocess
import sys
import time
from decimal import Decimal

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from prometheus_client import parser as text_parser
from prometheus_client import validation
from prometheus_client.openmetrics import parser as open_metrics_parser
from prometheus_client.samples import Exemplar, Timestamp

# MARK: prometheus_client, where it isn't strict enough or can't read what is right

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]Inf|NaN")


def parse_number(text):
    """A number by the grammar. The original reads whole numbers as such, and thereby makes -0 a 0."""
    text = "".join(text)
    if not NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text!r}")
    return float(text)


def parse_after_labels(text, original=open_metrics_parser._parse_remaining_text):
    """What follows a sample's labels. The original takes an escaped quote in an exemplar for the end of a value."""
    if '\\"' not in text:
        return original(text)
    match = re.fullmatch(r"(\S+) # \{(.*)\} (\S+) ([0-9]+)\.?([0-9]*)", text, re.DOTALL)
    value, labels, number, seconds, fraction = match.groups()
    labels = text_parser.parse_labels(labels, True)
    assert sum(len(name) + len(value) for name, value in labels.items()) <= 128
    timestamp = Timestamp(int(seconds), int(fraction.ljust(9, "0")))
    return parse_number(value), None, Exemplar(labels, parse_number(number), timestamp)


text_parser._parse_value = parse_number
open_metrics_parser._parse_value = parse_number
open_metrics_parser._parse_remaining_text = parse_after_labels
# Escaped names may begin with two underscores, by Prometheus' own rules.
validation.RESERVED_METRIC_LABEL_NAME_RE = re.compile("^__name__$")

# MARK: Protobuf

FIELD = descriptor_pb2.FieldDescriptorProto
SCHEMA = {
    "LabelPair": "name:string=1 value:string=2",
    "Gauge": "value:double=1",
    "Counter": "value:double=1 exemplar:Exemplar=2 created_timestamp:Timestamp=3",
    "Quantile": "quantile:double=1 value:double=2",
    "Summary": "sample_count:uint64=1 sample_sum:double=2 quantile:*Quantile=3 created_timestamp:Timestamp=4",
    "Untyped": "value:double=1",
    "Histogram": "sample_count:uint64=1 sample_sum:double=2 bucket:*Bucket=3 sample_count_float:double=4 "
    "schema:sint32=5 zero_threshold:double=6 zero_count:uint64=7 zero_count_float:double=8 "
    "negative_span:*BucketSpan=9 negative_delta:*sint64=10 negative_count:*double=11 positive_span:*BucketSpan=12 "
    "positive_delta:*sint64=13 positive_count:*double=14 created_timestamp:Timestamp=15 exemplars:*Exemplar=16",
    "Bucket": "cumulative_count:uint64=1 upper_bound:double=2 exemplar:Exemplar=3 cumulative_count_float:double=4",
    "BucketSpan": "offset:sint32=1 length:uint32=2",
    "Exemplar": "label:*LabelPair=1 value:double=2 timestamp:Timestamp=3",
    "Metric": "label:*LabelPair=1 gauge:Gauge=2 counter:Counter=3 summary:Summary=4 untyped:Untyped=5 "
    "timestamp_ms:int64=6 histogram:Histogram=7",
    "MetricFamily": "name:string=1 help:string=2 type:int32=3 metric:*Metric=4 unit:string=5",
    "Timestamp": "seconds:int64=1 nanos:int32=2",
}
PROTOBUF_TYPES = {"counter": 0, "gauge": 1, "info": 1, "stateset": 1, "summary": 2, "unknown": 3, "histogram": 4}


def metric_family_class():
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="io.prometheus.client", syntax="proto2")
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for field in fields.split():
            field_name, kind, number = re.fullmatch(r"(\w+):(\*?\w+)=(\d+)", field).groups()
            label = FIELD.LABEL_REPEATED if kind[0] == "*" else FIELD.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            added = message.field.add(name=field_name, number=int(number), label=label)
            if kind in SCHEMA:
                added.type, added.type_name = FIELD.TYPE_MESSAGE, ".io.prometheus.client." + kind
            else:
                added.type = getattr(FIELD, "TYPE_" + kind.upper())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("io.prometheus.client.MetricFamily"))


MetricFamily = metric_family_class()

# MARK: What is expected


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def raw(number):
    return struct.pack("<d", number)


def unpacked(number):
    """As ``raw``, of a double that is given by its bits."""
    return struct.pack("<Q", number)


def bits(number):
    """What tells numbers apart; one NaN is as good as another."""
    return "NaN" if number != number else raw(number)


def bound(number):
    """As Go prints it, with a point in whole numbers."""
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digits)).lstrip("0")
    exponent += len(digits) - 1
    digits = digits.rstrip("0")
    if not digits:
        text = "0.0"
    elif exponent < -4 or exponent >= 6:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + "e" + "+-"[exponent < 0] + f"{abs(exponent):02}"
    elif exponent < 0:
        text = "0." + "0" * (-exponent - 1) + digits
    else:
        digits = digits.ljust(exponent + 1, "0")
        text = digits[: exponent + 1] + "." + (digits[exponent + 1 :] or "0")
    return "-" * sign + text


STARTED = time.time()
LEGACY_METRIC = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
LEGACY_LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


def escape(name, scheme, legacy):
    """https://prometheus.io/docs/instrumenting/escaping_schemes/"""
    if scheme == "allow-utf-8" or scheme != "dots" and legacy.fullmatch(name):
        return name

    def piece(index, character):
        is_allowed = legacy.fullmatch(("a" if index else "") + character)
        if scheme == "underscores":
            return character if is_allowed else "_"
        if character == "_":
            return "__"
        if scheme == "dots":
            return "_dot_" if character == "." else character if is_allowed else "__"
        return character if is_allowed else f"_{ord(character):x}_"

    return ("U__" if scheme == "values" else "") + "".join(piece(*pair) for pair in enumerate(name))


class Family:
    """A family as one rendering has to show it."""

    def __init__(self, family, rendering):
        self.family = family
        self.type = family["type"]
        self.scheme = rendering["escaping"]
        self.is_open_metrics = rendering["format"] == "openMetrics"
        self.has_created = rendering["created"] and self.is_open_metrics
        self.name = escape(family["name"], self.scheme, LEGACY_METRIC)
        # OpenMetrics has the suffix in the samples only.
        suffix = {"counter": "_total", "info": "_info"}.get(self.type, "")
        self.short_name = self.name[: len(self.name) - len(suffix)]
        self.samples = {}
        self.exemplars = {}
        for series in family["series"]:
            labels = [(escape(name, self.scheme, LEGACY_LABEL), value) for name, value in series["labels"]]
            getattr(self, self.type)(dict(labels), series["value"], series["created"])

    @property
    def unit(self):
        unit = self.family["unit"] or ""
        is_fit = re.fullmatch("[a-zA-Z0-9_:]+", unit) and self.short_name.endswith("_" + unit)
        return unit if self.is_open_metrics and is_fit else ""

    def add(self, name, labels, value, *exemplars):
        """One of the exemplars has to be there, if there are any."""
        key = name, tuple(sorted(labels.items()))
        assert key not in self.samples, f"{key} comes twice"
        self.samples[key] = bits(float(value))
        exemplars = [exemplar for exemplar in exemplars if exemplar]
        if exemplars and self.is_open_metrics:
            self.exemplars[key] = exemplars

    def add_created(self, labels, created):
        if created and self.has_created:
            self.add(self.short_name + "_created", labels, double(created))

    def counter(self, labels, value, created):
        self.add(self.name, labels, double(value["number"]), value["exemplar"])
        self.add_created(labels, created)

    def gauge(self, labels, value, _):
        self.add(self.name, labels, double(value["number"]))

    unknown = gauge

    def info(self, labels, *_):
        self.add(self.name, labels, 1)

    def stateset(self, labels, value, _):
        for state in value["states"]:
            self.add(self.name, {**labels, self.name: state["name"]}, state["on"])

    def add_sum_and_count(self, labels, total, count, is_sum_allowed):
        is_sum_allowed = not self.is_open_metrics or is_sum_allowed and total >= 0
        if is_sum_allowed:
            self.add(self.name + "_sum", labels, total)
        # A histogram has a count if and only if it has a sum.
        if is_sum_allowed or self.type == "summary":
            self.add(self.name + "_count", labels, count)

    def summary(self, labels, value, created):
        for quantile, number in value["quantiles"]:
            number = double(number)
            if not (self.is_open_metrics and number < 0):
                self.add(self.name, {**labels, "quantile": bound(double(quantile))}, number)
        self.add_sum_and_count(labels, double(value["sum"]), value["count"], True)
        self.add_created(labels, created)

    def histogram(self, labels, value, created):
        bounds = [double(number) for number in value["bounds"]] + [math.inf]
        exemplars = value["exemplars"] or [None] * len(bounds)
        cumulative = 0
        for le, count, exemplar in zip(bounds, value["counts"], exemplars):
            cumulative += count
            self.add(self.name + "_bucket", {**labels, "le": bound(le)}, cumulative, exemplar, *value["someExemplars"])
        self.add_sum_and_count(labels, double(value["sum"]), cumulative, bounds[0] >= 0)
        self.add_created(labels, created)


# MARK: Comparing


def equal(found, expected, what):
    assert found == expected, f"{what}:\nfound    {found!r}\nexpected {expected!r}"


def check_exemplar(labels, value, moment, candidates):
    """An exemplar has to be one of those; all are as old as this run, give or take, where it isn't known better."""
    found = [other for other in candidates if dict(other["labels"]) == labels and raw(value) == unpacked(other["value"])]
    assert found, f"exemplar {labels!r} {value!r}: expected {candidates!r}"
    expected = found[0]["timestamp"]
    if expected:
        equal(moment, round(double(expected) * 1000), "time of an exemplar")
    else:
        assert abs(moment / 1000 - STARTED) < 3600, f"time of an exemplar: {moment}"


def milliseconds(timestamp):
    assert timestamp.nsec % 1_000_000 == 0
    return timestamp.sec * 1000 + timestamp.nsec // 1_000_000


def check_text(found, family, expected):
    """One family of a text format, as prometheus_client has read it."""
    equal(found.name, expected.short_name if expected.is_open_metrics or found.type == "counter" else expected.name,
          "name")
    types = {} if expected.is_open_metrics else {"info": "gauge", "stateset": "gauge"}
    equal(found.type, types.get(expected.type, expected.type), "type")
    equal(found.unit, expected.unit, "unit")
    help_text = family["help"]
    if expected.is_open_metrics:
        # The parser takes blanks in front for more of what separates the help from the name.
        equal(found.documentation.lstrip(" "), help_text.lstrip(" "), "help")
    else:
        # The format has no way to tell white space around the help from what separates it.
        equal(found.documentation.strip(), help_text.strip(), "help")
    samples = {}
    exemplars = {}
    for sample in found.samples:
        key = sample.name, tuple(sorted(sample.labels.items()))
        assert key not in samples, f"{key} comes twice"
        assert sample.timestamp is None
        samples[key] = bits(sample.value)
        if sample.exemplar:
            exemplars[key] = sample.exemplar
    equal(samples, expected.samples, "samples")
    equal(exemplars.keys(), expected.exemplars.keys(), "exemplars")
    for key, exemplar in exemplars.items():
        check_exemplar(exemplar.labels, exemplar.value, milliseconds(exemplar.timestamp), expected.exemplars[key])


def check_texts(data, families, rendering):
    expected = [Family(family, rendering) for family in families]
    is_open_metrics = rendering["format"] == "openMetrics"
    parser = open_metrics_parser if is_open_metrics else text_parser
    found = list(parser.text_string_to_metric_families(data.decode("utf-8")))
    equal(len(found), len(expected), "number of families")
    by_name = {family.name: family for family in found}
    for family, other in zip(families, expected):
        is_short = is_open_metrics or other.type == "counter"
        check_text(by_name[other.short_name if is_short else other.name], family, other)
    return sum(len(family.samples) for family in expected)


def proto_time(timestamp):
    assert timestamp.nanos % 1_000_000 == 0
    return timestamp.seconds * 1000 + timestamp.nanos // 1_000_000


def proto_created(message):
    return proto_time(message.created_timestamp) if message.HasField("created_timestamp") else None


def proto_labels(pairs):
    labels = {pair.name: pair.value for pair in pairs}
    equal(len(labels), len(pairs), "number of different labels")
    return labels


def check_proto_exemplar(found, *candidates):
    check_exemplar(proto_labels(found.label), found.value, proto_time(found.timestamp), candidates)


def expand(spans, deltas):
    """Buckets by index, without empty ones."""
    buckets = {}
    index = count = place = 0
    for span in spans:
        index += span.offset
        for _ in range(span.length):
            count += deltas[place]
            assert count >= 0
            if count:
                buckets[index] = count
            index += 1
            place += 1
    equal(place, len(deltas), "number of buckets in the spans")
    return buckets


def check_native(found, native):
    equal(found.schema, native["schema"], "schema")
    equal(raw(found.zero_threshold), unpacked(native["threshold"]), "zero threshold")
    equal(found.zero_count, native["zero"], "zero count")
    for side in "positive", "negative":
        buckets = {index: count for index, count in native[side] if count}
        equal(expand(getattr(found, side + "_span"), getattr(found, side + "_delta")), buckets, f"{side} buckets")
    # What Prometheus tells a native histogram by.
    assert found.zero_threshold > 0 or found.zero_count > 0 or found.negative_span or found.positive_span


def check_histogram(found, value):
    native = value["native"]
    bounds = [double(number) for number in value["bounds"]] + [math.inf]
    equal(found.sample_count, sum(value["counts"]), "count")
    if native:
        check_native(found, native)
    else:
        assert not found.HasField("schema")
    if native and len(bounds) == 1:
        equal(len(found.bucket), 0, "number of classic buckets")
        given = value["someExemplars"]
        assert (len(found.exemplars) > 0) == (len(given) > 0) and len(found.exemplars) <= 10
        for exemplar in found.exemplars:
            check_proto_exemplar(exemplar, *given)
        return
    equal(len(found.exemplars), 0, "number of native exemplars")
    equal([raw(bucket.upper_bound) for bucket in found.bucket], list(map(raw, bounds)), "bounds")
    cumulative = 0
    exemplars = value["exemplars"] or [None] * len(bounds)
    for bucket, count, exemplar in zip(found.bucket, value["counts"], exemplars):
        cumulative += count
        equal(bucket.cumulative_count, cumulative, "cumulative count")
        equal(bucket.HasField("exemplar"), exemplar is not None, "having an exemplar")
        if exemplar:
            check_proto_exemplar(bucket.exemplar, exemplar)


def check_metric(found, kind, series):
    """One Metric; a state set has one for each state, and is checked elsewhere."""
    value = series["value"]
    fields = {"info": "gauge", "unknown": "untyped"}
    content = getattr(found, fields.get(kind, kind))
    assert found.HasField(fields.get(kind, kind))
    created = series["created"] and round(double(series["created"]) * 1000)
    if kind in ("counter", "summary", "histogram"):
        equal(proto_created(content), created, "time of creation")
    if kind == "histogram":
        equal(bits(content.sample_sum), bits(double(value["sum"])), "sum")
        check_histogram(content, value)
    elif kind == "summary":
        equal(content.sample_count, value["count"], "count")
        equal(bits(content.sample_sum), bits(double(value["sum"])), "sum")
        quantiles = [(raw(pair.quantile), raw(pair.value)) for pair in content.quantile]
        equal(quantiles, [tuple(map(unpacked, pair)) for pair in value["quantiles"]],
              "quantiles")
    elif kind == "info":
        equal(content.value, 1, "value")
    else:
        equal(bits(content.value), bits(double(value["number"])), "value")
        exemplar = value.get("exemplar")
        equal(kind == "counter" and content.HasField("exemplar"), exemplar is not None, "having an exemplar")
        if exemplar:
            check_proto_exemplar(content.exemplar, exemplar)


def check_states(metrics, name, labels, series):
    for state in series["value"]["states"]:
        key = tuple(sorted({**labels, name: state["name"]}.items()))
        equal(metrics.pop(key).gauge.value, state["on"], "state")


def varint(data, position):
    """The number at a position, and where the next byte is."""
    number = shift = 0
    while data[position] >= 0x80:
        number |= (data[position] & 0x7F) << shift
        shift += 7
        position += 1
    return number | data[position] << shift, position + 1


def check_protobuf(data, families, rendering):
    found = []
    position = 0
    while position < len(data):
        size, position = varint(data, position)
        family = MetricFamily()
        family.ParseFromString(data[position : position + size])
        # Written anew it is the same only if it held nothing else, no field twice, and all in order.
        assert family.SerializeToString(deterministic=True) == data[position : position + size], "not canonical"
        found.append(family)
        position += size
    equal(len(found), len(families), "number of families")
    by_name = {family.name: family for family in found}
    samples = 0
    for family in families:
        scheme = rendering["escaping"]
        name = escape(family["name"], scheme, LEGACY_METRIC)
        message = by_name[name]
        equal(message.type, PROTOBUF_TYPES[family["type"]], "type")
        equal(message.help, family["help"], "help")
        equal(message.unit, family["unit"] or "", "unit")
        metrics = {tuple(sorted(proto_labels(metric.label).items())): metric for metric in message.metric}
        equal(len(metrics), len(message.metric), "number of different series")
        samples += len(metrics)
        for series in family["series"]:
            labels = {escape(name, scheme, LEGACY_LABEL): value for name, value in series["labels"]}
            if family["type"] == "stateset":
                check_states(metrics, name, labels, series)
            else:
                check_metric(metrics.pop(tuple(sorted(labels.items()))), family["type"], series)
        equal(metrics, {}, "further series")
    return samples


# MARK: Running


def check(generator, seed, first, count):
    """Checks some cases; returns how many samples there were, or says what is wrong."""
    process = subprocess.Popen([generator, str(seed), str(first), str(count)], stdout=subprocess.PIPE)
    samples = 0
    for number in range(first, first + count):
        header = process.stdout.readline()
        if not header:
            return f"seed {seed}, case {number}: the generator ended with status {process.wait()}"
        case = json.loads(header)
        for rendering in case["renderings"]:
            data = process.stdout.read(rendering["length"])
            try:
                parse = check_protobuf if rendering["format"] == "protobuf" else check_texts
                samples += parse(data, case["families"], rendering)
            except Exception as error:
                process.kill()
                return (f"seed {seed}, case {number}, {rendering}: {type(error).__name__}: {error}\n"
                        f"{data!r}\n{json.dumps(case['families'])}")
    return samples if process.wait() == 0 else f"seed {seed}: the generator failed after the last case"


def main():
    generator = sys.argv[1]
    count, seed, first = [int(argument) for argument in sys.argv[2:]] + [100_000, random.getrandbits(48), 0][
        len(sys.argv) - 2 :]
    pieces = range(first, first + count, 1000)
    jobs = [(generator, seed, start, min(1000, first + count - start)) for start in pieces]
    # A test runner may block signals, which are inherited: workers could then not be ended.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    samples = 0
    with multiprocessing.Pool(min(os.cpu_count(), len(jobs))) as pool:
        for result in pool.starmap(check, jobs, chunksize=1):
            if isinstance(result, str):
                sys.exit(result)
            samples += result
        pool.close()
        pool.join()
    print(f"{count} cases of seed {seed}, {samples} samples: all read back as they were written")


if __name__ == "__main__":
    main()
