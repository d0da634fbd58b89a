"""A signer of pods' certificates for certificates_test.sh: pod_signer.py FOLDER KUBECTL… answers every pending
PodCertificateRequest for example.com/signer until it is ended. FOLDER holds ca.crt and ca.key.

A certificate names spiffe://example.com and the pod's place, or the path that the pod's annotation example.com/path
says; it is valid for as long as was asked for. One whose annotation example.com/deny is set is denied.
"""
import base64
import datetime
import json
import os
import subprocess
import sys
import time

folder, kubectl = sys.argv[1], sys.argv[2:]
CONFIG = """[ca]
default_ca = us
[us]
database = {0}/index
new_certs_dir = {0}
certificate = {0}/ca.crt
private_key = {0}/ca.key
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = optional
[pod]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = URI:{1},DNS:{2}
"""


def shown(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def sign(request, now):
    spec, meta = request["spec"], request["metadata"]
    path = spec.get("unverifiedUserAnnotations", {}).get(
        "example.com/path", f"ns/{meta['namespace']}/sa/{spec['serviceAccountName']}")
    with open(f"{folder}/config", "w") as config:
        config.write(CONFIG.format(folder, f"spiffe://example.com/{path}", spec["podName"]))
    stub = subprocess.run(["openssl", "req", "-inform", "DER"], input=base64.b64decode(spec["stubPKCS10Request"]),
                          capture_output=True, check=True).stdout
    with open(f"{folder}/request", "wb") as file:
        file.write(stub)
    end = now + datetime.timedelta(seconds=spec["maxExpirationSeconds"])
    utc = "%Y%m%d%H%M%SZ"
    subprocess.run(["openssl", "ca", "-batch", "-notext", "-config", f"{folder}/config", "-extensions", "pod", "-subj",
                    f"/CN={spec['podName']}", "-startdate", now.strftime(utc), "-enddate", end.strftime(utc), "-in",
                    f"{folder}/request", "-out", f"{folder}/issued"], capture_output=True, check=True)
    return {"certificateChain": open(f"{folder}/issued").read(), "notBefore": shown(now), "notAfter": shown(end),
            "beginRefreshAt": shown(now + (end - now) / 2)}


def answer(request):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    denied = "example.com/deny" in request["spec"].get("unverifiedUserAnnotations", {})
    status = {} if denied else sign(request, now)
    status["conditions"] = [{"type": "Denied" if denied else "Issued", "status": "True", "reason": "ByTheTest",
                             "message": "it was asked for", "lastTransitionTime": shown(now)}]
    meta = request["metadata"]
    subprocess.run([*kubectl, "patch", "podcertificaterequest", "-n", meta["namespace"], meta["name"], "--type=merge",
                    "--subresource=status", "-p", json.dumps({"status": status})], check=True)


open(f"{folder}/index", "w").close()
parent = os.getppid()
while os.getppid() == parent:
    listed = subprocess.run([*kubectl, "get", "podcertificaterequests", "-A", "--field-selector",
                             "spec.signerName=example.com/signer", "-o", "json"], capture_output=True)
    for one in json.loads(listed.stdout)["items"] if listed.returncode == 0 else []:
        if not one.get("status", {}).get("conditions"):
            answer(one)
    time.sleep(0.3)
