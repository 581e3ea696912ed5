"""Asserts of what kustomize renders that it is valid, that it hangs together, and that it is hardened."""
import glob
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1, v1alpha1

sys.path.insert(0, "Tests/Hostile")
from support import Server, eventually, run  # noqa: E402

# The oldest cluster that has all that is used here, and the newest that there are schemas of.
VERSIONS = "1.30", "1.37"
MONITORING = "monitoring.coreos.com/"
WORKLOADS = "Deployment", "StatefulSet", "DaemonSet"
# Of nobody's cluster: rules for what has rules there, and pages within a minute.
RULES_LEFT_OUT = {"demo", "monitoring"}
LOCAL = "127.0.0.1"
MONITORING_ALONE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}


def read(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


# MARK: What was rendered


class Rendering:
    """What kustomize makes of a folder."""

    def __init__(self, folder):
        self.folder = folder
        rendered = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
        if rendered.returncode:
            sys.exit(f"check-kubernetes: {folder}: {rendered.stderr.strip()}")
        self.text = rendered.stdout
        self.resources = list(yaml.safe_load_all(self.text))

    def of(self, *kinds):
        return [each for each in self.resources if each["kind"] in kinds]

    def pods(self):
        """The pod templates, by the names of their workloads."""
        return {each["metadata"]["name"]: each["spec"]["template"] for each in self.of(*WORKLOADS)}

    def selected(self, selector):
        return [pod for pod in self.pods().values() if matches(selector, pod["metadata"]["labels"])]

    def service(self, host):
        """The Service that a host name of the cluster is of."""
        name, namespace = host.split(".")[:2]
        return next((each for each in self.of("Service")
                     if (each["metadata"]["name"], each["metadata"]["namespace"]) == (name, namespace)), None)


def matches(selector, labels):
    # An empty selector would select everything.
    wanted = selector.get("matchLabels", selector)
    return bool(wanted) and wanted.items() <= labels.items()


def named(resource):
    return f"{resource['kind']} {resource['metadata']['name']}"


def ports(pod):
    return {port["name"]: port["containerPort"] for each in pod["spec"]["containers"] for port in each["ports"]}


# MARK: Schemas


def schema_errors(resource):
    if not resource["apiVersion"].startswith(MONITORING):
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"Kubernetes {version}: {error.message} at {'.'.join(map(str, error.path))}"
        return
    module = {"v1": v1, "v1alpha1": v1alpha1}[resource["apiVersion"].removeprefix(MONITORING)]
    try:
        model = getattr(module, resource["kind"]).model_validate(resource)
    except ValueError as error:
        yield str(error)
    else:
        # Models drop the fields that they don't know.
        known = model.model_dump(by_alias=True, exclude_unset=True, mode="json")
        yield from (f"unknown field {path}" for path in unknown(resource, known))


def unknown(given, known, path=""):
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(known, dict) or key not in known:
                yield f"{path}.{key}"
            else:
                yield from unknown(value, known[key], f"{path}.{key}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from unknown(value, known[index], f"{path}[{index}]")


# MARK: Pods


def pod_errors(pod):
    spec = pod["spec"]
    security = spec.get("securityContext", {})
    if spec.get("automountServiceAccountToken") is not False:
        yield "has a service account's token"
    if not security.get("runAsNonRoot") or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    for container in spec["containers"]:
        yield from (f"{container['name']} {error}" for error in container_errors(container))
    if any("hostPath" in volume for volume in spec.get("volumes", [])) or spec.get("hostNetwork"):
        yield "reaches into its node"


def container_errors(container):
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
        yield "may gain privileges"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "has capabilities"
    if not security.get("readOnlyRootFilesystem"):
        yield "can write to its root file system"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
        yield "has no requests for CPU and memory, or no limit of memory"
    names = {port["name"] for port in container["ports"]}
    for probe in "livenessProbe", "readinessProbe":
        if container.get(probe, {}).get("httpGet", {}).get("port") not in names:
            yield f"has no {probe}, or one of an unknown port"
    # Only of an image that is built from this repository isn't the digest known.
    if not re.search(r"@sha256:[0-9a-f]{64}$", container["image"]) and not re.search(
            r"^registry\.example\.com/sightline:\d+\.\d+\.\d+$", container["image"]):
        yield f"has the image {container['image']}, which isn't pinned"


# MARK: What belongs together


def reference_errors(rendering):
    pods = rendering.pods()
    for service in rendering.of("Service"):
        chosen = rendering.selected(service["spec"]["selector"])
        if not chosen:
            yield f"{named(service)} selects no pod"
        for port, pod in ((port, pod) for port in service["spec"]["ports"] for pod in chosen):
            if port["targetPort"] not in ports(pod):
                yield f"{named(service)}: its pods have no port {port['targetPort']}"
    for budget in rendering.of("PodDisruptionBudget"):
        if not rendering.selected(budget["spec"]["selector"]):
            yield f"{named(budget)} selects no pod"
    for scaler in rendering.of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        workload = next(
            (each for each in rendering.of(target["kind"]) if each["metadata"]["name"] == target["name"]), None)
        if not workload:
            yield f"{named(scaler)} scales nothing"
        elif "replicas" in workload["spec"]:
            yield f"{named(scaler)}: each apply would set the replicas of {named(workload)}"
        if scaler["spec"]["minReplicas"] < 2:
            yield f"{named(scaler)} allows a single replica"
    accounts = {each["metadata"]["name"] for each in rendering.of("ServiceAccount")} | {"default"}
    maps = {each["metadata"]["name"] for each in rendering.of("ConfigMap")}
    for name, pod in pods.items():
        if pod["spec"].get("serviceAccountName", "default") not in accounts:
            yield f"{name} has an unknown service account"
        for volume in pod["spec"].get("volumes", []):
            if "configMap" in volume and volume["configMap"]["name"] not in maps:
                yield f"{name} mounts an unknown ConfigMap"
        for constraint in pod["spec"].get("topologySpreadConstraints", []):
            if not matches(constraint["labelSelector"], pod["metadata"]["labels"]):
                yield f"{name} is spread by the labels of others"


def policy_errors(rendering):
    policies = rendering.of("NetworkPolicy")
    for name, pod in rendering.pods().items():
        labels = pod["metadata"]["labels"]
        covering = [each["spec"] for each in policies if matches(each["spec"]["podSelector"], labels)]
        for direction in "Ingress", "Egress":
            if not any(direction in policy["policyTypes"] for policy in covering):
                yield f"{name} has no policy for {direction}"
        for rule in (rule for policy in covering for rule in policy["ingress"]):
            for port in rule["ports"]:
                if port["port"] not in ports(pod):
                    yield f"{name} has no port {port['port']}, which its policy opens"
                if port["port"] == "metrics" and rule.get("from") != [MONITORING_ALONE]:
                    yield f"{name} shows its metrics to others than Prometheus"


def application_errors(rendering):
    """What the application promises beyond the others."""
    pod = rendering.pods()["app"]
    if not any(matches(each["spec"]["selector"], pod["metadata"]["labels"])
               and each["spec"].get("maxUnavailable") == 1 for each in rendering.of("PodDisruptionBudget")):
        yield "no budget keeps the pods that are left"
    policy = next(each["spec"] for each in rendering.of("NetworkPolicy") if each["metadata"]["name"] == "app")
    if {port["port"] for rule in policy["egress"] for port in rule["ports"]} != {53}:
        yield "may connect to more than the DNS"
    container = pod["spec"]["containers"][0]
    options = dict(argument.removeprefix("--").split("=") for argument in container["args"])
    for option, port in ("listen", "http"), ("metrics-listen", "metrics"):
        if options.get(option) != f"0.0.0.0:{ports(pod)[port]}":
            yield f"doesn't listen at its port {port}"
    seconds = sum(int(options[option].removesuffix("s")) for option in ("drain-delay", "grace"))
    if seconds >= pod["spec"]["terminationGracePeriodSeconds"]:
        yield "is killed before it has drained"
    readiness = container["readinessProbe"]
    if int(options["drain-delay"].removesuffix("s")) <= readiness["periodSeconds"] * readiness["failureThreshold"]:
        yield "closes its port before all can know that it isn't ready"


# MARK: The operator's resources


def operator_errors(rendering):
    services = rendering.of("Service")
    for monitor in rendering.of("ServiceMonitor"):
        spec = monitor["spec"]
        # Of a Service that only the operator makes.
        if spec["selector"]["matchLabels"] == {"operated-prometheus": "true"}:
            continue
        chosen = [each for each in services if matches(spec["selector"], each["metadata"]["labels"])]
        if [each["metadata"]["labels"].get(spec["jobLabel"]) for each in chosen] != ["app"]:
            yield f"{named(monitor)} doesn't make the job 'app', by which rules and dashboards select"
        for endpoint, service in ((endpoint, each) for endpoint in spec["endpoints"] for each in chosen):
            if endpoint["port"] not in {port["name"] for port in service["spec"]["ports"]}:
                yield f"{named(monitor)}: {named(service)} has no port {endpoint['port']}"
    modules = {module for each in rendering.of("ConfigMap") if "blackbox.yml" in each["data"]
               for module in yaml.safe_load(each["data"]["blackbox.yml"])["modules"]}
    for probe in rendering.of("Probe"):
        spec = probe["spec"]
        if spec["jobName"] != "probe" or spec["targets"]["staticConfig"]["labels"]["module"] != spec["module"]:
            yield f"{named(probe)} lacks the job or the label of its module that rules select by"
        if spec["module"] not in modules:
            yield f"{named(probe)}: blackbox.yml has no module {spec['module']}"
        for url in [f"http://{spec['prober']['url']}", *spec["targets"]["staticConfig"]["static"]]:
            url = urllib.parse.urlsplit(url)
            service = rendering.service(url.hostname)
            if not service or (url.port or 80) not in {port["port"] for port in service["spec"]["ports"]}:
                yield f"{named(probe)}: there is no {url.netloc}"


def routing_errors(rendering):
    for configuration in rendering.of("AlertmanagerConfig"):
        spec = configuration["spec"]
        receivers = {receiver["name"] for receiver in spec["receivers"]}
        for route in spec["route"], *spec["route"].get("routes", []):
            if route["receiver"] not in receivers:
                yield f"nobody is {route['receiver']}"
            for key in "groupWait", "groupInterval", "repeatInterval":
                # The schema takes any text.
                if not re.fullmatch(r"(\d+h)?(\d+m)?(\d+s)?", route.get(key, "0s")):
                    yield f"{key} is no duration: {route[key]}"


def prometheus_errors(rendering):
    image = re.search(r"\$\{PROMETHEUS_IMAGE:-(\S+)\}", read("compose/compose.yaml"))[1]
    accounts = {each["metadata"]["name"] for each in rendering.of("ServiceAccount")}
    namespaces = {each["metadata"]["name"] for each in rendering.of("Namespace")}
    for prometheus in rendering.of("Prometheus"):
        spec = prometheus["spec"]
        if spec["image"] != image or not spec["image"].startswith(f"prom/prometheus:{spec['version']}@"):
            yield f"the image is {spec['image']}, of the Compose file {image}"
        if spec["serviceAccountName"] not in accounts:
            yield f"nobody is {spec['serviceAccountName']}"
        if not spec.get("remoteWrite") or spec["replicas"] < 2 or spec["replicaExternalLabelName"] != "replica":
            yield "it isn't a pair that sends its samples, told apart by the label 'replica'"
        for selector in "serviceMonitorNamespaceSelector", "probeNamespaceSelector", "ruleNamespaceSelector":
            if spec[selector]["matchLabels"]["kubernetes.io/metadata.name"] not in namespaces:
                yield f"{selector} selects no namespace"


def rule_errors(rendering):
    """Whether the rules are those of the stack, to the letter but for where their links point."""
    links = yaml.safe_load(read("kubernetes/overlays/operator/links.yaml"))
    bases = {"runbook_url": (f"http://{LOCAL}:5001/runbooks", links["runbooks"]),
             "dashboard_url": (f"http://{LOCAL}:3000", links["grafana"])}
    expected = {}
    for path in glob.glob("compose/prometheus/rules/*.yml"):
        name = os.path.basename(path).removesuffix(".yml")
        if name not in RULES_LEFT_OUT:
            groups = yaml.safe_load(read(path))["groups"]
            for annotations in (rule["annotations"] for group in groups for rule in group["rules"] if "alert" in rule):
                annotations.update({each: annotations[each].replace(*bases[each]) for each in bases})
            expected[f"sightline-{name}"] = groups
    found = {each["metadata"]["name"]: each["spec"]["groups"] for each in rendering.of("PrometheusRule")}
    for name in expected.keys() | found.keys():
        if expected.get(name) != found.get(name):
            yield f"{name} differs from the rules of the stack"
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [group for groups in found.values() for group in groups]}, file)
        file.flush()
        checked = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        if checked.returncode:
            yield f"promtool refuses them: {checked.stdout}{checked.stderr}"


def dashboard_errors(rendering):
    """Whether the dashboards are those of the stack, but for their links to other programs."""
    expected = {os.path.basename(path): read(path) for path in glob.glob("compose/grafana/dashboards/*.json")}
    found = {name: text for each in rendering.of("ConfigMap") for name, text in each["data"].items()
             if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1"}
    for name in expected.keys() ^ found.keys():
        yield f"{name} is missing, has no label for the sidecar, or isn't one of the stack's"
    for name in expected.keys() & found.keys():
        if without_links(json.loads(expected[name])) != without_links(json.loads(found[name])):
            yield f"{name} differs from the stack's"
        # What etcd takes.
        if len(found[name].encode()) > 1_000_000:
            yield f"{name} is too large for a ConfigMap"


def without_links(dashboard):
    return {key: value for key, value in dashboard.items() if key != "links"}


# MARK: Annotations


def annotation_errors(rendering):
    """Has Prometheus discover the pods as Kubernetes would show them, by the scrape configuration of the overlay."""
    configuration = yaml.safe_load(read("kubernetes/overlays/annotations/scrape.yml"))
    job = configuration["scrape_configs"][0]
    meta = "__meta_kubernetes_"

    def label(name):
        return re.sub(r"[^a-zA-Z0-9_]", "_", name)

    targets = []
    for pod in rendering.pods().values():
        labels = {f"{meta}pod_label_{label(key)}": value for key, value in pod["metadata"]["labels"].items()}
        labels |= {f"{meta}pod_annotation_{label(key)}": value for key, value in pod["metadata"]["annotations"].items()}
        labels |= {f"{meta}namespace": "sightline", f"{meta}pod_name": "app-0"}
        for phase, address in ("Running", "192.0.2.1"), ("Succeeded", "192.0.2.2"):
            targets += [{"targets": [f"{address}:{port}"],
                         "labels": labels | {f"{meta}pod_phase": phase, f"{meta}pod_container_port_number": str(port)}}
                        for port in ports(pod).values()]
    targets.append({"targets": ["192.0.2.3:80"], "labels": {f"{meta}pod_phase": "Running"}})
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/targets.json", "w") as file:
            json.dump(targets, file)
        if job.pop("kubernetes_sd_configs") != [{"role": "pod"}]:
            yield "it doesn't discover pods"
        job["file_sd_configs"] = [{"files": ["targets.json"]}]
        with open(f"{folder}/prometheus.yml", "w") as file:
            yaml.safe_dump(configuration, file)
        found = subprocess.run(
            ["promtool", "check", "service-discovery", "--timeout=5s", f"{folder}/prometheus.yml", job["job_name"]],
            capture_output=True, text=True)
    if found.returncode:
        yield f"promtool refuses it: {found.stderr.strip()}"
        return
    kept = [each["labels"] for each in json.loads(found.stdout) if each["labels"]]
    wanted = {"__address__": "192.0.2.1:9464", "__metrics_path__": "/metrics", "__scheme__": "http", "job": "app",
              "namespace": "sightline", "pod": "app-0"}
    if len(kept) != 1 or not wanted.items() <= kept[0].items():
        yield f"of the pods' ports it scrapes {kept}, not {wanted} alone"


# MARK: The server that it is all about


def serving_errors(pod, path):
    """Runs the server as the pod would, and asks it what the kubelet would."""
    container = pod["spec"]["containers"][0]
    arguments = [re.sub(r"0\.0\.0\.0:\d+", f"{LOCAL}:0", each) for each in container["args"]
                 if not each.startswith("--listen=")]
    server = Server(path, *arguments)
    numbers = dict(zip(("http", "metrics"), map(int, re.findall(rf"{LOCAL}:(\d+)", server.printed))))

    def status(probe):
        connection = http.client.HTTPConnection(LOCAL, numbers[probe["port"]], timeout=5)
        try:
            connection.request("GET", probe["path"])
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    for name, probe in probes.items():
        if status(probe) != 200:
            yield f"{name} fails"
    if status({"port": "http", "path": "/metrics"}) != 404:
        yield "its metrics are at the clients' port"
    server.process.terminate()
    if not eventually(lambda: status(probes["readinessProbe"]) == 503):
        yield "it doesn't say that it is about to end"
    if status({"port": "http", "path": "/"}) != 200:
        yield "it doesn't serve while proxies still send to it"
    if server.end(pod["spec"]["terminationGracePeriodSeconds"]) != 0:
        yield "it doesn't end in the time that it is given"


# MARK: All of it


def body(report, path):
    folders = ["kubernetes/base", *sorted(glob.glob("kubernetes/overlays/*"))]
    renderings = {os.path.basename(folder): Rendering(folder) for folder in folders}

    def expect(rendering, what, errors):
        errors = list(errors)
        report.check(not errors, f"{rendering.folder.removeprefix('kubernetes/')}: {what}", "; ".join(errors))

    for rendering in renderings.values():
        expect(rendering, f"{len(rendering.resources)} resources are valid",
               (f"{named(each)}: {error}" for each in rendering.resources for error in schema_errors(each)))
        expect(rendering, "pods are hardened, probed, limited and pinned",
               (f"{name} {error}" for name, pod in rendering.pods().items() for error in pod_errors(pod)))
        expect(rendering, "what refers to something finds it", reference_errors(rendering))
        expect(rendering, "policies cover all pods", policy_errors(rendering))
        expect(rendering, "the application is kept up, and drains", application_errors(rendering))
        expect(rendering, "nothing points to this machine", re.findall(rf".*{LOCAL}.*|.*localhost.*", rendering.text))
    for rendering in renderings["operator"], renderings["remote-write"]:
        expect(rendering, "monitors and probes find what they watch", operator_errors(rendering))
        expect(rendering, "alerts have a way", routing_errors(rendering))
        expect(rendering, "rules are the stack's", rule_errors(rendering))
        expect(rendering, "dashboards are the stack's", dashboard_errors(rendering))
    expect(renderings["remote-write"], "Prometheus is a pair that sends its samples",
           prometheus_errors(renderings["remote-write"]))
    expect(renderings["annotations"], "annotations are honoured", annotation_errors(renderings["annotations"]))
    expect(renderings["base"], "the server starts, answers probes and drains as it is told to",
           serving_errors(renderings["base"].pods()["app"], path))


run(body, sys.argv[1], seconds=180)
