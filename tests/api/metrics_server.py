"""An API server of external metrics: each has the value that stands in the file.

metrics_server.py PORT CERTIFICATE KEY FILE
"""

import json
import sys

from https_service import Answering, serve

VERSION = "external.metrics.k8s.io/v1beta1"


class Metrics(Answering):
    content_type = "application/json"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if not path.startswith(f"/apis/{VERSION}/namespaces/"):
            answer = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": VERSION, "resources": []}
        else:
            with open(sys.argv[4], encoding="utf-8") as file:
                value = file.read().strip()
            metric = {"metricName": path.rsplit("/", 1)[-1], "metricLabels": {}, "timestamp": "2026-01-01T00:00:00Z", "value": value}
            answer = {"kind": "ExternalMetricValueList", "apiVersion": VERSION, "metadata": {}, "items": [metric]}
        self.send(json.dumps(answer).encode())


serve(Metrics, *sys.argv[1:4])
