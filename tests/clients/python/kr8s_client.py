"""kr8s: objects with verbs, asked for by names that discovery resolves, blocking and asynchronous."""
import asyncio

import kr8s
from kr8s.asyncio.objects import ConfigMap as AsyncConfigMap
from kr8s.objects import ConfigMap, Deployment, Namespace, new_class

from checks import check, finish
from definition import DEFINITION, GROUP, PLURAL, VERSION, widget

NAMESPACE = "python-kr8s"
print("kr8s", kr8s.__version__)


def inside(raw):
    return raw | {"metadata": raw["metadata"] | {"namespace": NAMESPACE}}


def objects():
    Namespace({"metadata": {"name": NAMESPACE}}).create()
    settings = ConfigMap({"metadata": {"name": "settings", "namespace": NAMESPACE}, "data": {"a": "1"}})
    settings.create()
    check("what was created exists", settings.exists())
    settings.patch({"data": {"b": "2"}})
    settings.label(of="python")
    settings.annotate({"why": "test"})
    settings.refresh()
    check("it was patched and labelled", (settings.raw["data"], settings.labels["of"]) == ({"a": "1", "b": "2"}, "python"))
    found = list(kr8s.get("configmaps", namespace=NAMESPACE, label_selector={"of": "python"}))
    check("a selector finds it", [f.name for f in found] == ["settings"])
    check("a short name is resolved", any(c.name == "settings" for c in kr8s.get("cm", namespace=NAMESPACE)))
    settings.delete()
    settings.wait("delete", timeout=10)
    check("it is waited for until it is gone", not settings.exists())


def deployment():
    web = Deployment({"metadata": {"name": "web", "namespace": NAMESPACE}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}})
    web.create()
    web.scale(2)
    for _ in range(100):
        pods = web.pods()
        if len(pods) == 2:
            break
    check("a scaled deployment has its pods", len(pods) == 2)


def custom_kind():
    if not list(kr8s.get("customresourcedefinitions.apiextensions.k8s.io", f"{PLURAL}.{GROUP}")):
        from kr8s.objects import CustomResourceDefinition
        definition = CustomResourceDefinition(DEFINITION)
        definition.create()
        definition.wait("condition=Established", timeout=10)
    Widget = new_class(kind="Widget", version=f"{GROUP}/{VERSION}", plural=PLURAL, namespaced=True)
    made = Widget(inside(widget("first")))
    made.create()
    check("a custom object is filled in", made.spec.size == 3)


async def asynchronous():
    api = await kr8s.asyncio.api()
    version = await api.version()
    check("the server tells its version", version["minor"].startswith("37"))
    settings = await AsyncConfigMap({"metadata": {"name": "watched", "namespace": NAMESPACE}})
    await settings.create()
    async for kind, event in api.watch("configmaps", namespace=NAMESPACE, field_selector={"metadata.name": "watched"}):
        check("a watch begins with what is there", (kind, event.name) == ("ADDED", "watched"))
        break
    check("whoever asks is told who it is", (await api.whoami()) == "kubernetes-admin")


for part in (objects, deployment, custom_kind):
    part()
asyncio.run(asynchronous())
Namespace.get(NAMESPACE).delete()
finish()
