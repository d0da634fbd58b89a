@0xc1ea7c1ea7c1eab0;
# What a plugin can ask of its host: the objects of the cluster, through the interface `Cluster`.
# An in-process plugin, one in a child process and one on another machine use the same messages.
# Objects themselves travel beside a message (cleat_payload.objects), never inside it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::wire");

struct Status {
  # Why a call failed, in the terms of the Kubernetes API (meta/v1 Status).
  code @0 :UInt16;
  # The HTTP status code: 404, 409, …
  reason @1 :Text;
  # "NotFound", "AlreadyExists", "Conflict", "Invalid", …
  message @2 :Text;
  details @3 :StatusDetails;
  results @4 :AnyPointer;
  # Of a call that is answered with CLEAT_DENIED: what the method's results say all the same, in its own struct. Admission takes
  # from it what the audit log is to say.
}

struct StatusDetails {
  name @0 :Text;
  group @1 :Text;
  kind @2 :Text;
  uid @3 :Text;
  causes @4 :List(StatusCause);
  retryAfterSeconds @5 :UInt32;
}

struct StatusCause {
  reason @0 :Text;
  # "FieldValueRequired", "FieldValueInvalid", …
  message @1 :Text;
  field @2 :Text;
  # "spec.containers[0].image"
}

struct ResourceRef {
  # Names a collection, or one object or subresource in it.
  group @0 :Text;
  # Empty for the core group.
  version @1 :Text;
  # Empty: the version that the cluster prefers.
  resource @2 :Text;
  # The plural: "pods".
  subresource @3 :Text;
  namespace @4 :Text;
  # Empty for a cluster-scoped object, or for every namespace.
  name @5 :Text;
}

interface Cluster {
  # The host answers as the plugin's own identity: the request passes the same gate as one over HTTPS.
  get @0 GetParams -> ObjectResults;
  list @1 ListParams -> ListResults;
  watch @2 WatchParams -> ();
  create @3 WriteParams -> ObjectResults;
  # objects[0] is the new object.
  update @4 WriteParams -> ObjectResults;
  # objects[0] is the object; its metadata.resourceVersion, when not 0, must be the current one.
  patch @5 PatchParams -> ObjectResults;
  delete @6 DeleteParams -> ObjectResults;
  plugins @7 PluginsParams -> PluginsResults;
  kinds @8 KindsParams -> KindsResults;
  # Which kinds of objects the cluster has now. For what works on all of them, whatever they are.
  report @9 ReportParams -> ();
  offer @10 OfferParams -> ();
  # For plugins with the role `kinds`: brings kinds while the plugin runs, replaces what it brought, or takes it back.
  # Answered when requests see the change. Nothing changes if any of it is refused (409: another plugin brought that
  # kind; 400: what is wrong with it).
  want @11 WantParams -> ();
  # For plugins with the role `admission`: what of the requests that its interests name it wants to see from now on, until it
  # says otherwise or is started anew. Answered when requests see the change.
}

struct GetParams {
  ref @0 :ResourceRef;
}

struct ObjectResults {
  # objects[0] is the object as it stands after the call. Empty after a delete that removed it at once
  # without one.
  warnings @0 :List(Text);
}

struct ListParams {
  ref @0 :ResourceRef;
  labelSelector @1 :Text;
  # As kubectl writes it: "app=web,tier!=cache".
  fieldSelector @2 :Text;
  limit @3 :UInt32;
  # 0: no paging.
  continue @4 :Text;
}

struct ListResults {
  # objects: the objects, in the order of namespace and name.
  revision @0 :UInt64;
  continue @1 :Text;
}

struct WatchParams {
  # Delivers what exists as ADDED changes, then SYNCED, then every later change once and in order. The
  # host resumes by itself; after lost history it delivers RESTARTED and begins again.
  ref @0 :ResourceRef;
  labelSelector @1 :Text;
  fieldSelector @2 :Text;
}

struct WriteParams {
  ref @0 :ResourceRef;
  # With a subresource ("status", "binding", …) objects[0] is of the subresource's kind.
  fieldManager @1 :Text;
  dryRun @2 :Bool;
}

enum PatchType {
  json @0;
  merge @1;
  strategic @2;
  apply @3;
}

struct PatchParams {
  ref @0 :ResourceRef;
  type @1 :PatchType;
  body @2 :Text;
  # JSON.
  fieldManager @3 :Text;
  dryRun @4 :Bool;
  force @5 :Bool;
}

struct DeleteParams {
  ref @0 :ResourceRef;
  # Without a name: the collection in the namespace.
  gracePeriodSeconds @1 :Int64 = -1;
  # -1: the kind's own default.
  propagationPolicy @2 :Text;
  # "Orphan", "Background", "Foreground"; empty: the default.
  preconditionUid @3 :Text;
  preconditionRevision @4 :UInt64;
}

struct PluginsParams {
}

struct PluginsResults {
  plugins @0 :List(PluginDescription);
}

struct PluginDescription {
  name @0 :Text;
  version @1 :Text;
  roles @2 :List(Text);
  user @3 :Text;
  # The identity that the host stamps on its requests: "system:plugin:NAME".
  grants @4 :Text;
  # As in its manifest.
}

struct KindsParams {
}

struct ReportParams {
  message @0 :Text;
  # What an operator should know of the plugin while it runs: it stands in the plugin's health until another one takes
  # its place or the plugin is started anew. Empty: all is well again.
}

struct OfferParams {
  description @0 :AnyPointer;
  # A KindsDescription (role/kinds.capnp). Each resource that it names has from now on the versions that it names, and
  # each kind the subresources that it names.
  withdrawn @1 :List(ResourceName);
  # These are not served any more. Objects that are left of them stay on the disk, and are there again when the resource
  # is offered again.
}

struct WantParams {
  interests @0 :AnyPointer;
  # An Interests (role/admission.capnp). Without rules: it has nothing to say about any of them until it says something else.
}

struct ResourceName {
  group @0 :Text;
  resource @1 :Text;
  # The plural.
}

struct KindsResults {
  kinds @0 :List(KindName);
  groupVersions @1 :List(GroupVersion);
  # What is served at all, also of kinds that are only answered: each version of each group once.
}

struct GroupVersion {
  group @0 :Text;
  version @1 :Text;
}

struct KindName {
  # A kind whose objects are stored.
  group @0 :Text;
  version @1 :Text;
  resource @2 :Text;
  kind @3 :Text;
  namespaced @4 :Bool;
  verbs @5 :List(Text);
}

struct PluginConfig {
  # What an instance is started with.
  name @0 :Text;
  dataDir @1 :Text;
  # A folder of its own, existing, 0700, kept across restarts.
  settings @2 :List(Setting);
  # The table [plugins.NAME] of the configuration file, checked against the manifest's config_schema.
  server @3 :ServerConfig;
  nodeName @4 :Text;
  # The node that this process is the agent of; empty in a server.
}

struct Setting {
  key @0 :Text;
  value @1 :Text;
  # As text: "10", "true", "5s"; a list has its elements in `values`.
  values @2 :List(Text);
}

struct ServerConfig {
  # Facts of the installation that plugins share, from the configuration file.
  url @0 :Text;
  # "https://192.0.2.1:6443", as reached from nodes and pods.
  caFile @1 :Text;
  # PEM, readable by the plugin.
  pkiDir @2 :Text;
  # In a server: the folder with the cluster's keys; empty in an agent.
  certFile @3 :Text;
  # In an agent: the node's client certificate and key.
  keyFile @4 :Text;
  serviceCidr @5 :Text;
  # "10.96.0.0/16"
  clusterCidr @6 :Text;
  # The pods' addresses: "10.244.0.0/16"
  nodePortRange @7 :Text;
  # "30000-32767"
  clusterDomain @8 :Text;
  # "cluster.local"
  address @9 :Text;
  # This machine's address as others reach it.
  agentPort @10 :UInt16;
  # Where the node agent serves logs and streams; 10250.
  serviceAccountIssuer @11 :Text;
}
