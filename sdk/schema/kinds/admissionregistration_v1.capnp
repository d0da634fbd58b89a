@0xc61b1d09fbc60d19;
# Kinds of the group admissionregistration.k8s.io/v1, by which clusters add rules of their own to the
# way of a request: webhooks that are asked, and policies in CEL, each validating or mutating.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::admissionregistration_v1");

struct ValidatingWebhookConfiguration $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration") {
  # Webhooks that may refuse requests and change nothing.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  webhooks @1 :List(ValidatingWebhook) $C.proto([2]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # The webhooks.
}

struct MutatingWebhookConfiguration $C.openapi("io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration") {
  # Webhooks that may change objects on their way, and refuse requests.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  webhooks @1 :List(MutatingWebhook) $C.proto([2]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # The webhooks.
}

struct ValidatingAdmissionPolicy $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy") {
  # Expressions in CEL that requests must fulfil. It applies where a binding says so.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ValidatingAdmissionPolicySpec $C.proto([2]) $C.always;
  # The expressions and what they are about.
  status @2 :ValidatingAdmissionPolicyStatus $C.proto([3]) $C.always;
  # What has been observed of it, such as expressions that do not fit the types they are about.
}

struct ValidatingAdmissionPolicyBinding $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding") {
  # Puts a ValidatingAdmissionPolicy into effect, with parameters and for a part of what it is about.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ValidatingAdmissionPolicyBindingSpec $C.proto([2]) $C.required;
  # The policy and how it applies.
}

struct MutatingAdmissionPolicy $C.openapi("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy") {
  # Expressions in CEL that say how objects are changed on their way. It applies where a binding says so.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :MutatingAdmissionPolicySpec $C.proto([2]) $C.always;
  # The expressions and what they are about.
}

struct MutatingAdmissionPolicyBinding $C.openapi("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding") {
  # Puts a MutatingAdmissionPolicy into effect, with parameters and for a part of what it is about.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :MutatingAdmissionPolicyBindingSpec $C.proto([2]) $C.always;
  # The policy and how it applies.
}

struct ValidatingWebhook $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingWebhook") {
  # A webhook that may refuse a request.
  name @0 :Text $C.proto([1]) $C.required;
  # The webhook's name: a domain of three parts at least, such as policy.example.com, unique in the
  # configuration.
  clientConfig @1 :WebhookClientConfig $C.proto([2]) $C.required;
  # Where it is.
  rules @2 :List(RuleWithOperations) $C.proto([3]) $C.listType("atomic");
  # Which requests it is asked about; any one of these is enough. Changes to the configurations and
  # policies of this group are never asked about.
  failurePolicy @3 :Text $C.proto([4]) $C.optional $C.values(["Fail", "Ignore"]);
  # What becomes of a request when the webhook cannot be asked: Fail refuses it, Ignore lets it
  # pass. Defaults to Fail.
  namespaceSelector @4 :Meta.LabelSelector $C.proto([5]);
  # Only for objects of namespaces, and namespaces themselves, with such labels. Objects of the
  # cluster are not kept out by it. Defaults to an empty one, which selects everything.
  sideEffects @5 :Text $C.proto([6]) $C.required $C.optional $C.values(["None", "NoneOnDryRun", "Some", "Unknown"]);
  # Whether asking it changes anything else: None or NoneOnDryRun; what is older may have Some or
  # Unknown, and is not asked about dry runs then.
  timeoutSeconds @6 :Meta.Int32Value $C.proto([7]);
  # How long it may take, 1 to 30 seconds. Defaults to 10.
  admissionReviewVersions @7 :List(Text) $C.proto([8]) $C.required $C.listType("atomic");
  # The versions of AdmissionReview that it understands, in the order of its preference. The first
  # one that the server knows is sent; v1 or v1beta1 must be there.
  matchPolicy @8 :Text $C.proto([9]) $C.optional $C.values(["Equivalent", "Exact"]);
  # Whether rules are taken by the letter (Exact) or are about the same resource in its other
  # versions and groups, too (Equivalent, the default).
  objectSelector @9 :Meta.LabelSelector $C.proto([10]);
  # Only for objects with such labels, before or after the change. Whoever makes the object decides
  # about them, so it is no means of security. Defaults to an empty one, which selects everything.
  matchConditions @10 :List(MatchCondition) $C.proto([11]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Expressions that must all be true of a request for the webhook to be asked. 64 at most.
}

struct MutatingWebhook $C.openapi("io.k8s.api.admissionregistration.v1.MutatingWebhook") {
  # A webhook that may change an object.
  name @0 :Text $C.proto([1]) $C.required;
  # The webhook's name: a domain of three parts at least, such as policy.example.com, unique in the
  # configuration.
  clientConfig @1 :WebhookClientConfig $C.proto([2]) $C.required;
  # Where it is.
  rules @2 :List(RuleWithOperations) $C.proto([3]) $C.listType("atomic");
  # Which requests it is asked about; any one of these is enough. Changes to the configurations and
  # policies of this group are never asked about.
  failurePolicy @3 :Text $C.proto([4]) $C.optional $C.values(["Fail", "Ignore"]);
  # What becomes of a request when the webhook cannot be asked: Fail refuses it, Ignore lets it
  # pass. Defaults to Fail.
  namespaceSelector @4 :Meta.LabelSelector $C.proto([5]);
  # Only for objects of namespaces, and namespaces themselves, with such labels. Objects of the
  # cluster are not kept out by it. Defaults to an empty one, which selects everything.
  sideEffects @5 :Text $C.proto([6]) $C.required $C.optional $C.values(["None", "NoneOnDryRun", "Some", "Unknown"]);
  # Whether asking it changes anything else: None or NoneOnDryRun; what is older may have Some or
  # Unknown, and is not asked about dry runs then.
  timeoutSeconds @6 :Meta.Int32Value $C.proto([7]);
  # How long it may take, 1 to 30 seconds. Defaults to 10.
  admissionReviewVersions @7 :List(Text) $C.proto([8]) $C.required $C.listType("atomic");
  # The versions of AdmissionReview that it understands, in the order of its preference. The first
  # one that the server knows is sent; v1 or v1beta1 must be there.
  matchPolicy @8 :Text $C.proto([9]) $C.optional $C.values(["Equivalent", "Exact"]);
  # Whether rules are taken by the letter (Exact) or are about the same resource in its other
  # versions and groups, too (Equivalent, the default).
  reinvocationPolicy @9 :Text $C.proto([10]) $C.optional $C.values(["IfNeeded", "Never"]);
  # Whether it is asked once more when others have changed the object after it: Never (the default)
  # or IfNeeded.
  objectSelector @10 :Meta.LabelSelector $C.proto([11]);
  # Only for objects with such labels, before or after the change. Whoever makes the object decides
  # about them, so it is no means of security. Defaults to an empty one, which selects everything.
  matchConditions @11 :List(MatchCondition) $C.proto([12]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Expressions that must all be true of a request for the webhook to be asked. 64 at most.
}

struct ValidatingAdmissionPolicySpec $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec") {
  # What a policy demands and of what.
  paramKind @0 :ParamKind $C.proto([1]);
  # The kind of the objects that a binding may give it as parameters. Absent: it takes none, and
  # params is not known to the expressions.
  matchConstraints @1 :MatchResources $C.proto([2]);
  # Which requests it is about. Needed, with a rule at least.
  validations @2 :List(Validation) $C.proto([3]) $C.listType("atomic");
  # The expressions that must be true. There must be one, or an audit annotation.
  failurePolicy @3 :Text $C.proto([4]) $C.optional $C.values(["Fail", "Ignore"]);
  # What becomes of a request when the policy cannot be evaluated: Fail refuses it, Ignore lets it
  # pass. Defaults to Fail.
  auditAnnotations @4 :List(AuditAnnotation) $C.proto([5]) $C.listType("atomic");
  # What is added to the audit record of a request. 20 at most.
  matchConditions @5 :List(MatchCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Expressions that must all be true of a request for the policy to apply. 64 at most.
  variables @6 :List(Variable) $C.proto([7]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Expressions with names, which those that come after them use as variables.NAME. Each is
  # evaluated once at most.
}

struct ValidatingAdmissionPolicyStatus $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus") {
  # The observed state of a policy.
  observedGeneration @0 :Int64 $C.proto([1]);
  # The generation that the rest of the status is about.
  typeChecking @1 :TypeChecking $C.proto([2]);
  # What was found when the expressions were checked against the types that they are about. Absent:
  # they have not been checked.
  conditions @2 :List(Meta.Condition) $C.proto([3]) $C.listType("map") $C.mapKeys(["type"]);
  # Its conditions, one for each type.
}

struct ValidatingAdmissionPolicyBindingSpec $C.openapi("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec") {
  # Which policy applies, and how.
  policyName @0 :Text $C.proto([1]) $C.required;
  # The policy's name. While there is no such policy, the binding has no effect.
  paramRef @1 :ParamRef $C.proto([2]);
  # The objects that the policy gets as parameters, of the kind that it asks for.
  matchResources @2 :MatchResources $C.proto([3]);
  # Which of the requests that the policy is about this binding is about. Absent: all of them.
  validationActions @3 :List(Text) $C.proto([4]) $C.required $C.listType("set") $C.values(["Audit", "Deny", "Warn"]);
  # What becomes of a request that does not fulfil it: Deny refuses it, Warn warns the client, Audit
  # notes it in the audit record. Deny and Warn exclude each other.
}

struct MutatingAdmissionPolicySpec $C.openapi("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec") {
  # What a policy changes and of what.
  paramKind @0 :ParamKind $C.proto([1]);
  # The kind of the objects that a binding may give it as parameters. Absent: it takes none, and
  # params is not known to the expressions.
  matchConstraints @1 :MatchResources $C.proto([2]);
  # Which requests it is about. Needed, with a rule at least.
  variables @2 :List(Variable) $C.proto([3]) $C.listType("atomic");
  # Expressions with names, which those that come after them use as variables.NAME. Each is
  # evaluated once at most.
  mutations @3 :List(Mutation) $C.proto([4]) $C.listType("atomic");
  # The changes, one after the other. There must be one at least.
  failurePolicy @4 :Text $C.proto([5]) $C.optional $C.values(["Fail", "Ignore"]);
  # What becomes of a request when the policy cannot be evaluated: Fail refuses it, Ignore lets it
  # pass. Defaults to Fail.
  matchConditions @5 :List(MatchCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Expressions that must all be true of a request for the policy to apply. 64 at most.
  reinvocationPolicy @6 :Text $C.proto([7]) $C.values(["IfNeeded", "Never"]);
  # Whether it is evaluated once more when others have changed the object after it: Never or
  # IfNeeded.
}

struct MutatingAdmissionPolicyBindingSpec $C.openapi("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec") {
  # Which policy applies, and how.
  policyName @0 :Text $C.proto([1]);
  # The policy's name. While there is no such policy, the binding has no effect.
  paramRef @1 :ParamRef $C.proto([2]);
  # The objects that the policy gets as parameters, of the kind that it asks for.
  matchResources @2 :MatchResources $C.proto([3]);
  # Which of the requests that the policy is about this binding is about. Absent: all of them.
}

struct WebhookClientConfig $C.openapi("io.k8s.api.admissionregistration.v1.WebhookClientConfig") {
  # Where a webhook is: behind a Service or at a URL, exactly one of the two.
  service @0 :ServiceReference $C.proto([1]);
  # The Service in front of it.
  caBundle @1 :Data $C.proto([2]);
  # Authorities, in PEM, by which its certificate is checked. Empty takes those that this machine
  # trusts.
  url @2 :Text $C.proto([3]) $C.optional;
  # Its address, https://host:port/path, without a user, a query or a fragment.
}

struct RuleWithOperations $C.openapi("io.k8s.api.admissionregistration.v1.RuleWithOperations") {
  # Requests by what they do and to what. All members must match.
  operations @0 :List(Text) $C.proto([1]) $C.listType("atomic")
      $C.values(["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
  # The operations: CREATE, UPDATE, DELETE, CONNECT, or * alone for all.
  apiGroups @1 :List(Text) $C.proto([2, 1]) $C.listType("atomic");
  # The API groups, or * alone for all.
  apiVersions @2 :List(Text) $C.proto([2, 2]) $C.listType("atomic");
  # The API versions, or * alone for all.
  resources @3 :List(Text) $C.proto([2, 3]) $C.listType("atomic");
  # The resources: pods, pods/log, pods/* (with all subresources), */scale (of all resources), *
  # (all, without subresources) or */* (with them).
  scope @4 :Text $C.proto([2, 4]) $C.optional $C.values(["*", "Cluster", "Namespaced"]);
  # Only resources of this scope: Cluster, Namespaced or * for both, the default.
}

struct NamedRuleWithOperations $C.openapi("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations") $C.mapType("atomic") {
  # Requests by what they do and to what. All members must match.
  resourceNames @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # Only for objects with these names. Empty: for all.
  operations @1 :List(Text) $C.proto([2, 1]) $C.listType("atomic")
      $C.values(["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
  # The operations: CREATE, UPDATE, DELETE, CONNECT, or * alone for all.
  apiGroups @2 :List(Text) $C.proto([2, 2, 1]) $C.listType("atomic");
  # The API groups, or * alone for all.
  apiVersions @3 :List(Text) $C.proto([2, 2, 2]) $C.listType("atomic");
  # The API versions, or * alone for all.
  resources @4 :List(Text) $C.proto([2, 2, 3]) $C.listType("atomic");
  # The resources: pods, pods/log, pods/* (with all subresources), */scale (of all resources), *
  # (all, without subresources) or */* (with them).
  scope @5 :Text $C.proto([2, 2, 4]) $C.optional $C.values(["*", "Cluster", "Namespaced"]);
  # Only resources of this scope: Cluster, Namespaced or * for both, the default.
}

struct MatchCondition $C.openapi("io.k8s.api.admissionregistration.v1.MatchCondition") {
  # An expression that decides whether a request is looked at.
  name @0 :Text $C.proto([1]) $C.required;
  # What it is called in messages: a qualified name, unique in its list.
  expression @1 :Text $C.proto([2]) $C.required;
  # An expression in CEL with a boolean result. It knows object, oldObject, request and authorizer
  # and, in a policy with parameters, params.
}

struct ParamKind $C.openapi("io.k8s.api.admissionregistration.v1.ParamKind") $C.mapType("atomic") {
  # A kind of objects that are parameters of a policy.
  apiVersion @0 :Text $C.proto([1]);
  # Its group and version, group/version; the core group's is the version alone.
  kind @1 :Text $C.proto([2]);
  # Its name.
}

struct MatchResources $C.openapi("io.k8s.api.admissionregistration.v1.MatchResources") $C.mapType("atomic") {
  # Which requests a policy is about.
  namespaceSelector @0 :Meta.LabelSelector $C.proto([1]);
  # Only for objects of namespaces, and namespaces themselves, with such labels. Objects of the
  # cluster are not kept out by it. Defaults to an empty one, which selects everything.
  objectSelector @1 :Meta.LabelSelector $C.proto([2]);
  # Only for objects with such labels, before or after the change. Defaults to an empty one, which
  # selects everything.
  resourceRules @2 :List(NamedRuleWithOperations) $C.proto([3]) $C.listType("atomic");
  # The requests; any one of these is enough.
  excludeResourceRules @3 :List(NamedRuleWithOperations) $C.proto([4]) $C.listType("atomic");
  # Requests that it is not about, although they match otherwise.
  matchPolicy @4 :Text $C.proto([7]) $C.optional $C.values(["Equivalent", "Exact"]);
  # Whether rules are taken by the letter (Exact) or are about the same resource in its other
  # versions and groups, too (Equivalent, the default).
}

struct Validation $C.openapi("io.k8s.api.admissionregistration.v1.Validation") {
  # An expression that must be true.
  expression @0 :Text $C.proto([1]) $C.required;
  # An expression in CEL with a boolean result. It knows object, oldObject, request, params,
  # namespaceObject, variables and authorizer.
  message @1 :Text $C.proto([2]);
  # What is said when it is not: one line. By default the expression is shown.
  reason @2 :Text $C.proto([3]) $C.optional;
  # The reason that the client is given, one of Forbidden, Invalid and RequestEntityTooLarge. By
  # default Invalid.
  messageExpression @3 :Text $C.proto([4]);
  # An expression in CEL that gives the message instead of message. Where it fails or gives nothing
  # usable, message is taken.
}

struct AuditAnnotation $C.openapi("io.k8s.api.admissionregistration.v1.AuditAnnotation") {
  # Something that is added to the audit record of a request.
  key @0 :Text $C.proto([1]) $C.required;
  # Its key, which is appended to the policy's name: POLICY/KEY must be a qualified name.
  valueExpression @1 :Text $C.proto([2]) $C.required;
  # An expression in CEL that gives a text, or null for nothing to add. 5 KiB at most.
}

struct Variable $C.openapi("io.k8s.api.admissionregistration.v1.Variable") $C.mapType("atomic") {
  # An expression with a name.
  name @0 :Text $C.proto([1]) $C.required;
  # The name, an identifier of CEL that is unique in its list.
  expression @1 :Text $C.proto([2]) $C.required;
  # The expression in CEL. It knows what the others of the policy know, and the variables before it.
}

struct TypeChecking $C.openapi("io.k8s.api.admissionregistration.v1.TypeChecking") {
  # What was found when a policy's expressions were checked against types.
  expressionWarnings @0 :List(ExpressionWarning) $C.proto([1]) $C.listType("atomic");
  # What does not fit.
}

struct ParamRef $C.openapi("io.k8s.api.admissionregistration.v1.ParamRef") $C.mapType("atomic") {
  # The objects that are parameters of a policy: one by its name, or several by their labels.
  name @0 :Text $C.proto([1]);
  # The object's name. Excludes selector.
  namespace @1 :Text $C.proto([2]);
  # The object's namespace. Empty takes that of the object that the request is about, for kinds that
  # have namespaces.
  selector @2 :Meta.LabelSelector $C.proto([3]);
  # The labels of the objects, each of which the policy is evaluated with. Excludes name.
  parameterNotFoundAction @3 :Text $C.proto([4]) $C.optional;
  # What becomes of a request when there is no such object: Allow or Deny, which leaves it to the
  # policy's failurePolicy. Needed.
}

struct Mutation $C.openapi("io.k8s.api.admissionregistration.v1.Mutation") {
  # A change.
  patchType @0 :Text $C.proto([2]) $C.required $C.values(["ApplyConfiguration", "JSONPatch"]);
  # How it is written: ApplyConfiguration or JSONPatch.
  applyConfiguration @1 :ApplyConfiguration $C.proto([3]);
  # The change as what is to be applied. Needed when patchType says so, and must be absent
  # otherwise.
  jsonPatch @2 :JSONPatch $C.proto([4]);
  # The change as a JSON patch. Needed when patchType says so, and must be absent otherwise.
}

struct ServiceReference $C.openapi("io.k8s.api.admissionregistration.v1.ServiceReference") {
  # A path of a Service.
  namespace @0 :Text $C.proto([1]) $C.required;
  # The Service's namespace.
  name @1 :Text $C.proto([2]) $C.required;
  # The Service's name.
  path @2 :Text $C.proto([3]) $C.optional;
  # The path that is asked.
  port @3 :Meta.Int32Value $C.proto([4]);
  # Its port, 1 to 65535. Defaults to 443.
}

struct ExpressionWarning $C.openapi("io.k8s.api.admissionregistration.v1.ExpressionWarning") {
  # What does not fit of an expression.
  fieldRef @0 :Text $C.proto([2]) $C.required;
  # Where the expression is, as a JSON path such as spec.validations[0].expression.
  warning @1 :Text $C.proto([3]) $C.required;
  # What was found, with the type in question, for people to read.
}

struct ApplyConfiguration $C.openapi("io.k8s.api.admissionregistration.v1.ApplyConfiguration") {
  # A change as what is to be applied.
  expression @0 :Text $C.proto([1]);
  # An expression in CEL that gives an Object with the fields to be set, as in server-side apply.
}

struct JSONPatch $C.openapi("io.k8s.api.admissionregistration.v1.JSONPatch") {
  # A change as a JSON patch.
  expression @0 :Text $C.proto([1]);
  # An expression in CEL that gives a list of JSONPatch{op, path, value} to be carried out.
}
