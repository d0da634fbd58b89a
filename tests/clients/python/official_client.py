"""The Kubernetes project's own Python client: typed, custom and dynamic calls, patches, watches, errors."""
import kubernetes
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException

from checks import check, finish, refused
from definition import DEFINITION, GROUP, PLURAL, VERSION, widget

NAMESPACE = "python-official"

config.load_kube_config()
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
print("kubernetes", kubernetes.__version__)


def typed():
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    made = core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name="settings", labels={"of": "python"}), data={"a": "1"}))
    check("a typed create has a uid and a time", made.metadata.uid and made.metadata.creation_timestamp.tzinfo)
    made.data["b"] = "2"
    replaced = core.replace_namespaced_config_map("settings", NAMESPACE, made)
    check("a replacement is the next version", replaced.metadata.resource_version != made.metadata.resource_version)
    check("an old version is a conflict", refused(
        409, "Conflict", core.replace_namespaced_config_map, "settings", NAMESPACE, made))
    patched = core.patch_namespaced_config_map("settings", NAMESPACE, {"data": {"a": None, "c": "3"}})
    check("a merge patch takes and gives", patched.data == {"b": "2", "c": "3"})
    patched = core.patch_namespaced_config_map(
        "settings", NAMESPACE, [{"op": "add", "path": "/data/d", "value": "4"}])
    check("a JSON patch is a list", patched.data["d"] == "4")
    listed = core.list_namespaced_config_map(NAMESPACE, label_selector="of=python")
    check("a selector finds it", [item.metadata.name for item in listed.items] == ["settings"])
    check("what is not there is a 404", refused(404, "NotFound", core.read_namespaced_config_map, "none", NAMESPACE))


def workloads():
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                 "template": {"metadata": {"labels": {"app": "web"}},
                              "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}}
    utils.create_from_dict(client.ApiClient(), deployment, namespace=NAMESPACE)
    scale = apps.read_namespaced_deployment_scale("web", NAMESPACE)
    check("a scale is a typed object", (scale.spec.replicas, scale.status.selector) == (2, "app=web"))
    scale.spec.replicas = 3
    scale.metadata.resource_version = None  # the deployment's controller writes at the same time
    apps.replace_namespaced_deployment_scale("web", NAMESPACE, scale)
    check("scaling reaches the deployment", apps.read_namespaced_deployment("web", NAMESPACE).spec.replicas == 3)
    names = set()
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_pod, NAMESPACE, label_selector="app=web", timeout_seconds=30):
        names.add(event["object"].metadata.name)
        if len(names) == 3:
            watcher.stop()
    check("a watch sees the pods that controllers make", len(names) == 3)
    check("what is wrong is told by field", refused(
        422, "Invalid", apps.patch_namespaced_deployment, "web", NAMESPACE, {"spec": {"replicas": -1}}))


def paging():
    for number in range(5):
        core.create_namespaced_secret(NAMESPACE, client.V1Secret(
            metadata=client.V1ObjectMeta(name=f"page-{number}"), string_data={"k": "v"}))
    seen, token = [], None
    while True:
        page = core.list_namespaced_secret(NAMESPACE, limit=2, _continue=token)
        seen += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    check("pages make the whole list", seen == [f"page-{n}" for n in range(5)])


def custom_kinds():
    client.ApiextensionsV1Api().create_custom_resource_definition(DEFINITION)
    established = client.ApiextensionsV1Api()
    for event in watch.Watch().stream(established.list_custom_resource_definition, timeout_seconds=30,
                                      field_selector=f"metadata.name={PLURAL}.{GROUP}"):
        conditions = event["object"].status and event["object"].status.conditions or []
        if any(c.type == "Established" and c.status == "True" for c in conditions):
            break
    made = custom.create_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, widget("first"))
    check("a custom object is filled in", made["spec"]["size"] == 3)
    custom.patch_namespaced_custom_object_status(
        GROUP, VERSION, NAMESPACE, PLURAL, "first", {"status": {"phase": "Ready"}})
    found = custom.get_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, "first")
    check("its status is a subresource", found["status"]["phase"] == "Ready")
    check("its schema is kept", refused(
        422, "Invalid", custom.create_namespaced_custom_object, GROUP, VERSION, NAMESPACE, PLURAL, widget("bad", size=0)))


def dynamic_client():
    api = dynamic.DynamicClient(client.ApiClient())
    widgets = api.resources.get(api_version=f"{GROUP}/{VERSION}", kind="Widget")
    check("discovery knows the custom kind", (widgets.name, widgets.namespaced) == (PLURAL, True))
    widgets.server_side_apply(body=widget("applied", size=5), namespace=NAMESPACE, field_manager="python")
    got = widgets.get(name="applied", namespace=NAMESPACE)
    check("server-side apply names its manager", got.metadata.managedFields[0].manager == "python")
    first = next(iter(widgets.watch(namespace=NAMESPACE, timeout=10)))
    check("a dynamic watch begins with what is there", first["type"] == "ADDED")
    check("a table of kinds has the core's as well", api.resources.get(api_version="v1", kind="Pod").name == "pods")


def reviews():
    review = client.AuthorizationV1Api().create_self_subject_access_review(client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=client.V1ResourceAttributes(
            verb="list", resource="pods"))))
    check("the administrator may list pods", review.status.allowed)
    core.create_namespaced_service_account(NAMESPACE, {"metadata": {"name": "robot"}})
    token = core.create_namespaced_service_account_token("robot", NAMESPACE, client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600)))
    as_robot = client.Configuration.get_default_copy()
    as_robot.cert_file = as_robot.key_file = None
    as_robot.api_key = {"authorization": "Bearer " + token.status.token}
    robot = client.CoreV1Api(client.ApiClient(as_robot))
    check("a service account's token is known, and may nothing", refused(
        403, "Forbidden", robot.list_namespaced_pod, NAMESPACE))
    check("the server tells its version", client.VersionApi().get_code().minor.startswith("37"))


for part in (typed, workloads, paging, custom_kinds, dynamic_client, reviews):
    part()
core.delete_namespace(NAMESPACE)
assert issubclass(ApiException, Exception)
finish()
