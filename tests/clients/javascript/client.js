// The Kubernetes project's JavaScript client: typed calls, patches, custom objects, a watch, an informer, errors.
import * as k8s from '@kubernetes/client-node';

let done = 0, failed = 0;
function check(what, holds) {
  done += 1;
  if (!holds) failed += 1;
  console.log(holds ? 'ok   ' : 'FAIL ', what);
}

async function refused(code, reason, call) {
  try {
    await call();
  } catch (error) {
    const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    if (error.code === code && body.reason === reason) return true;
    console.log('      got', error.code, error.body);
  }
  return false;
}

async function until(what, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await what()) return true;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return false;
}

const namespace = 'javascript';
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const custom = config.makeApiClient(k8s.CustomObjectsApi);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);

async function typed() {
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const made = await core.createNamespacedConfigMap({
    namespace, body: { metadata: { name: 'settings', labels: { of: 'javascript' } }, data: { a: '1' } } });
  check('a typed create has a uid and a time', made.metadata.uid && made.metadata.creationTimestamp instanceof Date);
  made.data.b = '2';
  await core.replaceNamespacedConfigMap({ name: 'settings', namespace, body: made });
  check('an old version is a conflict', await refused(409, 'Conflict',
    () => core.replaceNamespacedConfigMap({ name: 'settings', namespace, body: made })));
  const listed = await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=javascript' });
  check('a selector finds it', listed.items.length === 1 && listed.items[0].data.b === '2');
  const patched = await core.patchNamespacedConfigMap({
    name: 'settings', namespace, body: [{ op: 'replace', path: '/data/a', value: '9' }] });
  check('a JSON patch is the default', patched.data.a === '9');
  const merged = await core.patchNamespacedConfigMap(
    { name: 'settings', namespace, body: { data: { b: null } } },
    k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch));
  check('a merge patch takes away', merged.data.b === undefined);
  check('what is not there is a 404', await refused(404, 'NotFound',
    () => core.readNamespacedConfigMap({ name: 'none', namespace })));
}

async function generic() {
  const [, document] = k8s.loadAllYaml(`---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: ${namespace}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
`);
  const applied = await objects.patch(document, undefined, undefined, 'javascript', true, k8s.PatchStrategy.ServerSideApply);
  check('server-side apply names its manager', applied.metadata.managedFields[0].manager === 'javascript');
  const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace });
  scale.spec.replicas = 3;
  delete scale.metadata.resourceVersion;  // the deployment's controller writes at the same time
  await apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: scale });
  check('a scaled deployment has its pods', await until(async () =>
    (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items.length === 3));
}

async function watching() {
  const events = [];
  const controller = await new k8s.Watch(config).watch(`/api/v1/namespaces/${namespace}/configmaps`,
    { fieldSelector: 'metadata.name=seen' }, (type) => events.push(type), () => {});
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'seen' } } });
  await core.deleteNamespacedConfigMap({ name: 'seen', namespace });
  check('a watch tells what happened', await until(() => events.join() === 'ADDED,DELETED'));
  controller.abort();
  const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/secrets`,
    () => core.listNamespacedSecret({ namespace }));
  const names = [];
  informer.on('add', (secret) => names.push(secret.metadata.name));
  informer.on('delete', (secret) => names.splice(names.indexOf(secret.metadata.name), 1));
  await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'before' } } });
  await informer.start();
  await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'after' } } });
  check('an informer has what was and what comes', await until(() => names.join() === 'before,after'));
  await core.deleteNamespacedSecret({ name: 'before', namespace });
  check('and lets go of what went', await until(() => names.join() === 'after'));
  await informer.stop();
}

async function customKinds() {
  const group = 'javascript.cleat.dev', version = 'v1', plural = 'gadgets';
  const extensions = config.makeApiClient(k8s.ApiextensionsV1Api);
  await extensions.createCustomResourceDefinition({ body: {
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural, kind: 'Gadget' }, versions: [{
      name: version, served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: {
        spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, _default: 3 } } } } } } }] } } });
  check('a definition is established', await until(async () =>
    (await extensions.readCustomResourceDefinition({ name: `${plural}.${group}` })).status?.conditions?.some(
      (c) => c.type === 'Established' && c.status === 'True')));
  const gadget = (name, spec) => ({ group, version, namespace, plural,
    body: { apiVersion: `${group}/${version}`, kind: 'Gadget', metadata: { name }, spec } });
  const made = await custom.createNamespacedCustomObject(gadget('first', {}));
  check('a custom object is filled in', made.spec.size === 3);
  check('its schema is kept', await refused(422, 'Invalid', () => custom.createNamespacedCustomObject(gadget('bad', { size: 0 }))));
}

for (const part of [typed, generic, watching, customKinds]) await part();
await core.deleteNamespace({ name: namespace });
console.log(`${done} checks, ${failed} failed`);
process.exit(failed === 0 && done > 0 ? 0 : 1);
