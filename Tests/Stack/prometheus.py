"""A Prometheus to ask, by its HTTP API."""
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "Hostile"))

from support import Failure  # noqa: E402


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def ask(self, path, **parameters):
        data = urllib.parse.urlencode(parameters).encode() if parameters else None
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", data, timeout=30) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise Failure(json.load(error)["error"]) from None
        except OSError as error:
            raise Failure(f"no Prometheus answers at {self.url}: {error}") from None

    def query(self, expression, **parameters):
        """An instant vector or a scalar, as a list of labels and values."""
        answer = self.ask("query", query=expression, **parameters)
        if answer["resultType"] == "scalar":
            return [({}, float(answer["result"][1]))]
        return [(each["metric"], float(each["value"][1]) if "value" in each else each["histogram"][1])
                for each in answer["result"]]

    def value(self, expression):
        """The single value of an expression; 0 where there is none."""
        return next((value for _, value in self.query(expression)), 0)

    def range(self, expression, start, end, step):
        """A matrix, as a list of labels and points."""
        answer = self.ask("query_range", query=expression, start=start, end=end, step=step)
        return [(each["metric"], [(float(at), float(value)) for at, value in each.get("values", ())])
                for each in answer["result"]]

    def rules(self):
        """Every rule's name, type and expression."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def metric_names(self):
        return set(self.ask("label/__name__/values"))
