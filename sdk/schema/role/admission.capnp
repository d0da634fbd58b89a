@0xc1ea7c1ea7c1ead3;
# The role `admission`: may change or refuse a create, update, delete or connect, after authorization and
# before the commit. Mutating plugins run in the configured order, and once more where one of them wants it; what they
# have changed is defaulted when all have been asked, or sooner (`fillIn`). Then all validating ones are asked. Never asked
# about reads.

using Cxx = import "/capnp/c++.capnp";
using Auth = import "authn.capnp";
using Bus = import "../bus.capnp";
using K = import "kinds.capnp";
$Cxx.namespace("cleat::role");

interface Admission {
  interests @0 () -> Interests;
  # Called once, when the plugin starts: which requests it wants to see.

  mutate @1 AdmissionParams -> AdmissionResults;
  # objects[0]: the object as it is to be (the old one on delete), objects[1] on update: as it was. Results: objects[0]
  # the changed object, none if unchanged. CLEAT_DENIED with a Status refuses the request; any other failure does too.

  validate @2 AdmissionParams -> AdmissionResults;
  # The same, but results' objects are ignored.

  withdraw @3 AdmissionParams -> AdmissionResults;
  # A request that came as far as `validate` ended without a change: it was refused after all, could not be stored, or asked
  # for what is there already. Whoever made it is answered when this is done; what is answered here makes no difference. Not
  # called of a dry run.
}

struct Interests {
  rules @0 :List(Rule);
}

struct Rule {
  group @0 :Text;
  # "*": any.
  resource @1 :Text;
  # "pods", "pods/exec", "*", "*/*" (with subresources).
  operations @2 :List(K.Operation);
  mutates @3 :Bool;
  validates @4 :Bool;
  userGroups @5 :List(Text);
  # Only requests of users who are in one of these groups; empty: whoever asks.
  withdraws @6 :Bool;
  # Wants to be told of requests that came to nothing.
  fields @7 :List(Text);
  # Only objects that have one of these fields, by their paths ("spec.nodeName"); none: all. What is looked at is the object as
  # the method would be given it. A field that may be an empty text or list is there then too; numbers that are always there,
  # and fields that the object's kind does not have, are taken to be.
  waits @8 :Bool;
  # An answer may take as long as somebody outside of the server takes: until it is there others have the seats of the request.
}

struct AdmissionParams {
  ref @0 :Bus.ResourceRef;
  kind @1 :Text;
  operation @2 :K.Operation;
  user @3 :Auth.User;
  dryRun @4 :Bool;
  query @5 :Text;
  # On connect: what the request asks for, as the query of its address says it ("container=web&stdin=true"), percent-encoded
  # as it came and not checked. Otherwise empty.
  options @6 :RequestOptions;
  # How it is to be done, as far as whoever made the request says so.
  again @7 :Bool;
  # `mutate` is asked in the second round, because one of those that were asked wanted it (`askAgain`).
  kept @8 :Data;
  # What this plugin gave to be kept when it was asked last: in the first round, or with `goOn`.
  changed @9 :Bool;
  # In the second round, to a plugin that gave something to be kept: the object is no longer as it left it.
  audited @10 :Bool;
  # The audit log speaks of this request: otherwise annotations are for nobody.
  bodiesAudited @11 :Bool;
  # And it has what was sent: so do annotations that show parts of it.
}

struct RequestOptions {
  # What is not said is empty, or stands as absent.
  fieldManager @0 :Text;
  # Of a create or update.
  fieldValidation @1 :Text;
  # "Ignore", "Warn", "Strict".
  hasGracePeriodSeconds @2 :Bool;
  gracePeriodSeconds @3 :Int64;
  # Of a delete, as what follows. For kinds that take their time to end: how long it is going to be, said or not.
  propagationPolicy @4 :Text;
  # "Orphan", "Background", "Foreground".
  hasOrphanDependents @5 :Bool;
  orphanDependents @6 :Bool;
  # The older way to say it.
  preconditionUid @7 :Text;
  preconditionRevision @8 :Text;
  # What the object has to have.
}

struct AdmissionResults {
  warnings @0 :List(Text);
  auditAnnotations @1 :List(AuditAnnotation);
  # What the audit log says of the request beside its own facts. The key carries the plugin's name before a slash; of two with
  # the same key the first stands.
  query @2 :Text;
  # Of `mutate` on connect: what the request asks for from here on, in the form of the params' query and in its place. Null:
  # what it asked for.
  askAgain @3 :Bool;
  # Of `mutate`: what was changed may be of concern to plugins that were asked before. When each has been asked all mutating ones
  # are asked once more; the second time this makes no difference.
  keep @4 :Data;
  # Of `mutate`: what this plugin wants to know when it is asked the next time.
  fillIn @5 :Bool;
  # Of `mutate`: what was changed is filled in by the kind's defaults before anybody else sees it, and not only when all have
  # been asked.
  goOn @6 :Bool;
  # Of `mutate`: the same, and then this plugin is asked again, before all others: it changes an object in steps, each of which
  # sees what the one before has left, filled in.
}

struct AuditAnnotation {
  key @0 :Text;
  value @1 :Text;
  showsBody @2 :Bool;
  # It shows parts of what was sent: only where the audit policy wants bodies (level Request and above).
}
