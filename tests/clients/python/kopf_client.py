"""Runs kopf_operator.py and does to its custom objects what users do."""
import importlib.metadata
import os
import subprocess
import sys
import time

from kubernetes import client, config

from checks import check, finish
from definition import DEFINITION, GROUP, PLURAL, VERSION, widget

NAMESPACE = "python-kopf"
config.load_kube_config()
core, custom = client.CoreV1Api(), client.CustomObjectsApi()
print("kopf", importlib.metadata.version("kopf"))


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return True
        except client.ApiException as error:
            if error.status != 404:
                raise
        except KeyError:
            pass  # not written yet
        time.sleep(0.1)
    return False


def get(name):
    return custom.get_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, name)


def absent(name):
    try:
        get(name)
    except client.ApiException as error:
        return error.status == 404
    return False


core.create_namespace({"metadata": {"name": NAMESPACE}})
try:
    client.ApiextensionsV1Api().create_custom_resource_definition(DEFINITION)
except client.ApiException as error:
    if error.status != 409:
        raise
here = os.path.dirname(os.path.abspath(__file__))
log = open(os.path.join(os.environ.get("WORK", "/tmp"), "kopf.log"), "w+")
operator = subprocess.Popen([sys.executable, "-m", "kopf", "run", "--standalone", f"--namespace={NAMESPACE}",
                             os.path.join(here, "kopf_operator.py")], stdout=log, stderr=subprocess.STDOUT)
try:
    until(lambda: custom.list_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL) is not None)
    custom.create_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, widget("first", size=2))
    check("the handler of creations has run", until(lambda: get("first")["status"]["phase"] == "Made"))
    check("kopf keeps a finalizer", get("first")["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"])
    child = core.read_namespaced_config_map("first", NAMESPACE)
    check("the child is owned", child.metadata.owner_references[0].kind == "Widget" and child.data == {"size": "2"})
    custom.patch_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, "first", {"spec": {"size": 7}})
    check("a change of one field is told with what was",
          until(lambda: get("first")["status"]["phase"] == "Resized from 2"))
    check("and reaches the child", core.read_namespaced_config_map("first", NAMESPACE).data == {"size": "7"})
    check("the operator's events are there", until(lambda: any(
        event.reason == "Made" for event in core.list_namespaced_event(NAMESPACE).items)))
    custom.delete_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, "first")
    check("the handler of deletions has run", until(
        lambda: core.read_namespaced_config_map("first-was-here", NAMESPACE)))
    check("and the object goes", until(lambda: absent("first")))
    check("the garbage collector takes the child", until(lambda: "first" not in [
        c.metadata.name for c in core.list_namespaced_config_map(NAMESPACE).items]))
finally:
    operator.terminate()
    check("the operator ends when asked", operator.wait(20) == 0)
    log.seek(0)
    text = log.read()
    check("without an error in its log", "Traceback" not in text and "ERROR" not in text)
    if "Traceback" in text or "ERROR" in text:
        print(text[-3000:])
core.delete_namespace(NAMESPACE)
finish()
