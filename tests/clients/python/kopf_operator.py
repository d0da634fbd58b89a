"""An operator on kopf: each Widget has a config map of its size, a status, and a finalizer while it is there."""
import kopf
import kubernetes

from definition import GROUP, PLURAL, VERSION


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_):
    settings.posting.enabled = True
    settings.watching.server_timeout = 60


@kopf.on.create(GROUP, VERSION, PLURAL)
def made(spec, name, namespace, body, patch, **_):
    child = {"metadata": {"name": name}, "data": {"size": str(spec["size"])}}
    kopf.adopt(child)
    kubernetes.client.CoreV1Api().create_namespaced_config_map(namespace, child)
    patch.status["phase"] = "Made"
    kopf.info(body, reason="Made", message=f"of size {spec['size']}")
    return {"size": spec["size"]}


@kopf.on.field(GROUP, VERSION, PLURAL, field="spec.size")
def resized(old, new, name, namespace, patch, **_):
    if old is None:
        return
    kubernetes.client.CoreV1Api().patch_namespaced_config_map(name, namespace, {"data": {"size": str(new)}})
    patch.status["phase"] = f"Resized from {old}"


@kopf.on.delete(GROUP, VERSION, PLURAL)
def gone(name, namespace, **_):
    kubernetes.client.CoreV1Api().create_namespaced_config_map(
        namespace, {"metadata": {"name": f"{name}-was-here"}})
