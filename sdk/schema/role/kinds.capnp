@0xc1ea7c1ea7c1ead0;
# The role `kinds`: brings kinds of objects into the cluster, as data (names, schema) and behaviour
# (defaulting, validation, table rows, subresources).

using Cxx = import "/capnp/c++.capnp";
using Auth = import "authn.capnp";
using Bus = import "../bus.capnp";
$Cxx.namespace("cleat::role");

interface Kinds {
  describe @0 () -> KindsDescription;
  # Called once, when the plugin starts.

  default @1 DefaultParams -> DefaultResults;
  # Fills in what the client left out, and what the kind computes on a write (spec changes raise
  # metadata.generation in the core, not here). objects[0]: the new object, objects[1] on update: the old one.
  # With operation `delete` it is asked for kinds with gracefulDelete or deleteNeedsFinalize: objects[0] is the object
  # about to go, its metadata.deletionGracePeriodSeconds what the client asked for (absent: nothing). The plugin sets
  # it to what shall be waited: 0 removes the object at once.
  # Results: objects[0] is the changed object; none if nothing changed.

  validate @2 ValidateParams -> ValidateResults;
  # objects as in `default`. Every wrong field is named.

  rows @3 RowsParams -> RowsResults;
  # The cells of `kubectl get` for each of the objects, in their order, for the columns that `describe` gave.

  transform @4 TransformParams -> TransformResults;
  # A write to a subresource with its own meaning. objects[0]: the current parent object, objects[1]: the body
  # (of the subresource's kind). Results: objects[0] the parent's new state, which is then validated and
  # committed (retried on conflict), and objects[1] the answer to the client (none: a Status of success, or
  # the parent where the subresource is of the parent's kind).

  project @5 TransformParams -> TransformResults;
  # A read of such a subresource: objects[0] is the parent; results objects[0] is the answer.

  review @6 ReviewParams -> ReviewResults;
  # A create on a kind that is answered and not stored, or on a subresource with style "review" (objects[1] is
  # then the parent). objects[0]: the request; results objects[0]: the same with its status filled in (none: a
  # Status of success).

  connect @7 ConnectParams -> ConnectResults;
  # Where to forward a request on a subresource with style "connect" (exec, log, proxy …). objects[0]: the parent.

  beforeCommit @8 BeforeCommitParams -> BeforeCommitResults;
  # For kinds with the behaviour "beforeCommit": called after validation with what will be committed (objects[0], with
  # objects[1] the old state on update; on delete objects[0] is the object about to go), to reserve what the object
  # needs from cluster-wide pools, or to give it back. Results: objects[0] the changed object, none if unchanged.

  convert @9 ConvertParams -> ConvertResults;
  # For kinds with the behaviour "convert": objects of one version of a resource into another one. objects: any number of
  # them, all of the version of `ref`. Results: as many objects, in their order.

  look @10 LookParams -> LookResults;
  # A get (`ref` has a name) or a list of a virtual kind with these verbs. Results: the objects that there are now, in the
  # namespace of `ref` or, where it has none, in all; of a get the one, or none: 404. Selectors are applied to them afterwards.
}

struct KindsDescription {
  # What a plugin brings: at its start by `describe`, later by `offer` (bus.capnp).
  schema @0 :Data;
  # A Cap'n Proto CodeGeneratorRequest (capnp compile -o-), unpacked, with source info.
  kinds @1 :List(Kind);
  subresources @2 :List(Subresource);
}

struct Kind {
  # One version of a resource. The versions of one resource (group and plural) are served side by side; an object is
  # stored once, in the version that it was written in last as `storage` says, and converted for the others.
  group @0 :Text;
  version @1 :Text;
  kind @2 :Text;
  plural @3 :Text;
  singular @4 :Text;
  shortNames @5 :List(Text);
  categories @6 :List(Text);
  namespaced @7 :Bool;
  structName @8 :Text;
  # The root struct in the schema, as "core_v1.capnp:Pod" ends it: "Pod".
  structFile @9 :Text;
  # The file in the schema that holds it, by the end of its path: "kinds/core_v1.capnp".
  verbs @10 :List(Text);
  columns @11 :List(Column);
  selectableFields @12 :List(Text);
  # JSON paths for field selectors besides metadata.name and metadata.namespace: "spec.nodeName". One that selectors
  # know by another name says both: "status.successful=status.succeeded".
  virtual @13 :Bool;
  # Never stored: a create goes to `review`, a get or a list to `look`. There is nothing to watch.
  behaviours @14 :List(Text);
  # Which of "default", "validate", "rows", "beforeCommit", "convert" the plugin wants to be asked for this kind. Without
  # "convert" the versions of a resource have structs of one layout, or are open: then only the version's name changes.
  # "namespace": its objects are the namespaces that namespaced ones are in. One resource of a cluster is that.
  hasStatus @15 :Bool;
  # Writes to the object leave `status` as it is, and writes to /status leave everything but `status` and metadata;
  # metadata.generation counts the changes of everything but metadata and status.
  nameRule @16 :Text;
  # How metadata.name is checked: "dns1123-subdomain" (default), "dns1123-label", "dns1035-label",
  # "path-segment", or "ip".
  gracefulDelete @17 :Bool;
  # A delete with a grace period > 0 sets metadata.deletionTimestamp and leaves the removal to who
  # runs it (default grace period: spec.terminationGracePeriodSeconds), who deletes again with 0.
  # Before `spec.nodeName` is set, it is removed at once.
  deleteNeedsFinalize @18 :Bool;
  # The object has spec.finalizers as well as metadata.finalizers (a namespace): both must be empty before
  # it goes. Set to the phase "Terminating" meanwhile, by `default` with operation "delete".
  keepsGeneration @19 :Bool;
  # metadata.generation is not kept for this kind although it has a spec.
  keepsStatusOnCreate @20 :Bool;
  # A new object has the status that it is sent with; otherwise it begins without one.
  statusLeavesMetadata @21 :List(Text);
  # Which fields of metadata (by JSON name) a write to /status leaves as they are.
  createsOnUpdate @22 :Bool;
  # An update of an object that is not there creates it.
  updateNeedsRevision @23 :Bool;
  # An update has to say in metadata.resourceVersion which state it was made from.
  returnsDeleted @24 :Bool;
  # The answer to a delete is the object as it was last, not a Status.
  served @25 :Bool = true;
  # False: nobody can ask for this version; it only says how objects that are stored in it are read.
  storage @26 :Bool;
  # What is written is stored in this version. At most one version of a resource says so; without it, the first one.
  openSchema @27 :Text;
  # Instead of a struct: objects of this kind are open_v1.capnp:OpenObject, and this OpenAPI v3 schema (JSON, structural,
  # at most 1 MiB) says how they are pruned, defaulted, merged and published. Its values are for `validate` to check.
  deprecationWarning @28 :Text;
  # Not empty: this version is deprecated, and answers in it carry this warning.
  storedAs @29 :Text;
  # "events": this is another version of that resource of another group ("plural" or "plural.group"), which is
  # registered already or comes in the same description. Its objects are the same ones.
  listKind @30 :Text;
  # What a list of them calls itself; empty: the kind's name and "List".
  orphansByDefault @31 :Bool;
  # A delete that does not say what becomes of the objects that this one owns leaves them without an owner.
  orphanWarning @32 :Text;
  # What whoever deletes an object in that way is warned of; empty: nothing.
}

struct Column {
  name @0 :Text;
  type @1 :Text;
  # "string", "integer", "date", …
  format @2 :Text;
  description @3 :Text;
  priority @4 :Int32;
  # 0: always shown, 1: with -o wide.
}

struct Subresource {
  group @0 :Text;
  version @1 :Text;
  resource @2 :Text;
  # The parent's plural. The parent may be another plugin's.
  name @3 :Text;
  # "status", "scale", "binding", "log", "exec", …
  style @4 :Text;
  # "status": built into the core. "transform": `transform`/`project`. "review": `review`. "connect": `connect`.
  bodyGroup @5 :Text;
  bodyVersion @6 :Text;
  bodyKind @7 :Text;
  # With style "connect" only its name, "PodExecOptions", is used, for those who ask which subresources there are. A struct
  # of that name in the plugin's schema (without one: called as the parent and the subresource, "PodLogOptions") says with
  # its fields which parameters requests take, for OpenAPI.
  verbs @8 :List(Text);
  keepsGeneration @9 :Bool;
  # With style "transform": what it writes is no wish of a client, so metadata.generation stays.
  resets @10 :List(Text);
  # Where the body is of the parent's kind: fields ("spec", "metadata.labels", "status.certificate") that a write through
  # this subresource leaves as they are in the parent, whatever the body says of them. Nobody comes to own them through
  # it. With style "status" that is everything but metadata and status in any case.
  portInName @11 :Bool;
  # With style "connect": in the request's path the parent's name may be written "NAME:PORT" or "SCHEME:NAME:PORT". The
  # call's `ref` has it as it was written.
  olderBodies @12 :List(Text);
  # API versions ("policy/v1beta1") beside bodyVersion that a body may say it is of, as older clients do. It is read as one of
  # bodyVersion.
}

enum Operation {
  create @0;
  update @1;
  delete @2;
  connect @3;
}

struct DefaultParams {
  ref @0 :Bus.ResourceRef;
  operation @1 :Operation;
  user @2 :Auth.User;
  # Who makes the change, for kinds that note it (a certificate request's spec.username).
}

struct DefaultResults {
  warnings @0 :List(Text);
}

struct ValidateParams {
  ref @0 :Bus.ResourceRef;
  # With subresource "status" only the status was changed.
  operation @1 :Operation;
}

struct ValidateResults {
  causes @0 :List(Bus.StatusCause);
  # Empty: valid. `reason` is "FieldValueRequired", "FieldValueInvalid", "FieldValueNotSupported",
  # "FieldValueForbidden", "FieldValueDuplicate", "FieldValueTooLong", "FieldValueTooMany"; `message` as Kubernetes
  # words it: `Invalid value: "Foo": a lowercase RFC 1123 …`.
  warnings @1 :List(Text);
}

struct RowsParams {
  ref @0 :Bus.ResourceRef;
  ofList @1 :Bool;
  # The objects are a list that was asked for, or a page of it: a row may say how its object stands among them.
}

struct RowsResults {
  rows @0 :List(Row);
}

struct Row {
  cells @0 :List(Cell);
}

struct Cell {
  union {
    text @0 :Text;
    integer @1 :Int64;
    none @2 :Void;
    number @3 :Float64;
    boolean @4 :Bool;
  }
}

struct TransformParams {
  ref @0 :Bus.ResourceRef;
  user @1 :Auth.User;
  forWrite @2 :Bool;
  # With `project`: what it gives is the state that a write through the subresource starts from, not an answer. A parent
  # that has nothing to show yet can be written all the same.
}

struct TransformResults {
  warnings @0 :List(Text);
}

struct ReviewParams {
  ref @0 :Bus.ResourceRef;
  user @1 :Auth.User;
  dryRun @2 :Bool;
  # What the answer would write is not to be written.
}

struct ReviewResults {
}

struct ConnectParams {
  ref @0 :Bus.ResourceRef;
  method @1 :Text;
  # The HTTP method.
  query @2 :Text;
  # The raw query of the request.
  path @3 :Text;
  # What follows the subresource in the request's path, for "proxy".
}

struct ConnectResults {
  url @0 :Text;
  # "https://ADDRESS:PORT/containerLogs/…?…": the server forwards the request and any upgrade there, with its own
  # client certificate. Empty: there is nothing to forward to, and the answer is empty, as the log of a pod that no
  # node has yet.
  proxied @1 :Bool;
  # What stands there answers for itself: its errors and redirects are passed on, and what leads back to it is made to lead
  # through the server.
  stranger @2 :Bool;
  # It is no part of the cluster: over TLS it is not shown the server's certificate, and its own is not checked.
}

struct BeforeCommitParams {
  ref @0 :Bus.ResourceRef;
  operation @1 :Operation;
  dryRun @2 :Bool;
  user @3 :Auth.User;
  # Who makes the change, for what not everybody may write of a kind.
}

struct BeforeCommitResults {
}

struct ConvertParams {
  ref @0 :Bus.ResourceRef;
  # What the objects are.
  version @1 :Text;
  # What they are to be.
}

struct ConvertResults {
}

struct LookParams {
  ref @0 :Bus.ResourceRef;
  user @1 :Auth.User;
}

struct LookResults {
}
