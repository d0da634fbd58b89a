@0xfbce85d9758fd355;
# The kind of the group apiextensions.k8s.io/v1: CustomResourceDefinition, by which users bring kinds
# of their own. What comes of one is served as open_v1.OpenObject.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::apiextensions_v1");

struct CustomResourceDefinition $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition") {
  # Adds a kind to the API. Its name is the kind's plural and group, as in crontabs.example.com.
  # Deleting it deletes all objects of the kind.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :CustomResourceDefinitionSpec $C.proto([2]) $C.required;
  # The kind's names, its versions and what they hold.
  status @2 :CustomResourceDefinitionStatus $C.proto([3]) $C.always;
  # Whether the kind is served and under which names, as last observed. Written by the controller.
}

struct CustomResourceColumnDefinition $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition") {
  # A column that `kubectl get` prints for objects of the kind.
  name @0 :Text $C.proto([1]) $C.required;
  # The column's heading.
  type @1 :Text $C.proto([2]) $C.required;
  # What the column holds: integer, number, string, boolean or date. A value of another type leaves
  # the cell empty; a date is shown as the time passed since.
  format @2 :Text $C.proto([3]);
  # Refines type: int32, int64, float, double, byte, date, date-time or password. The format "name"
  # marks the column that holds the object's name.
  description @3 :Text $C.proto([4]);
  # What the column means, in a sentence meant for people.
  priority @4 :Int32 $C.proto([5]);
  # How dispensable the column is. 0 is always shown; columns above 0 only with `-o wide`.
  jsonPath @5 :Text $C.proto([6]) $C.required;
  # Where in the object the value is, as a simple JSON path such as .spec.replicas. Only the first
  # value found is shown.
}

struct CustomResourceConversion $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion") {
  # How objects of one version become objects of another.
  strategy @0 :Text $C.proto([1]) $C.required;
  # None changes nothing but apiVersion; Webhook asks the service named in webhook.
  webhook @1 :WebhookConversion $C.proto([2]);
  # The service that converts. Required with the strategy Webhook, and not allowed with None.
}

struct CustomResourceDefinitionCondition $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition") {
  # One aspect of a CustomResourceDefinition's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect: NamesAccepted (no other kind has these names), Established (the kind is served),
  # NonStructuralSchema (a schema breaks a rule), Terminating (its objects are being deleted) or
  # KubernetesAPIApprovalPolicyConformant (a kind of a *.k8s.io group is approved).
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
  observedGeneration @5 :Int64 $C.proto([6]);
  # The metadata.generation that this condition was computed from.
}

struct CustomResourceDefinitionNames $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames") {
  # What the kind is called in URLs, in manifests and on the command line.
  plural @0 :Text $C.proto([1]) $C.required;
  # The name in URLs: /apis/GROUP/VERSION/PLURAL. Lowercase; with the group it makes metadata.name.
  singular @1 :Text $C.proto([2]);
  # The name for one object on the command line. Lowercase; defaults to kind in lowercase.
  shortNames @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Abbreviations for the command line, as in `kubectl get ct`. Lowercase.
  kind @3 :Text $C.proto([4]) $C.required;
  # The value of `kind` in manifests. CamelCase and singular.
  listKind @4 :Text $C.proto([5]);
  # The value of `kind` in lists of objects. Defaults to kind with List behind it.
  categories @5 :List(Text) $C.proto([6]) $C.listType("atomic");
  # Groups of kinds that the kind belongs to, such as "all" for `kubectl get all`.
}

struct CustomResourceDefinitionSpec $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec") {
  # The kind that is wanted.
  group @0 :Text $C.proto([1]) $C.required;
  # The kind's API group: /apis/GROUP/…. Cannot change after creation.
  names @1 :CustomResourceDefinitionNames $C.proto([3]) $C.required;
  # What the kind is called.
  scope @2 :Text $C.proto([4]) $C.required;
  # Namespaced if objects live in namespaces, else Cluster. Cannot change after creation.
  versions @3 :List(CustomResourceDefinitionVersion) $C.proto([7]) $C.required $C.listType("atomic");
  # The kind's versions. Discovery lists them by maturity, whatever their order here: v10, v2, v1,
  # v11beta2, v10beta3, v3beta1, v12alpha1, then all names of another form.
  conversion @4 :CustomResourceConversion $C.proto([9]);
  # How objects get from one version to another. Defaults to the strategy None.
  preserveUnknownFields @5 :Bool $C.proto([10]);
  # Deprecated: only false is accepted. A schema keeps unknown fields by saying
  # x-kubernetes-preserve-unknown-fields where it wants to.
}

struct CustomResourceDefinitionStatus $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus") {
  # How far the kind has come.
  conditions @0 :List(CustomResourceDefinitionCondition) $C.proto([1]) $C.always $C.listType("map") $C.mapKeys(["type"]);
  # The state of single aspects, one for each type.
  acceptedNames @1 :CustomResourceDefinitionNames $C.proto([2]) $C.always;
  # The names that are in use. They may differ from spec.names while those are in conflict with
  # another kind.
  storedVersions @2 :List(Text) $C.proto([3]) $C.always $C.listType("atomic");
  # Every version that objects have been stored in. A version can leave spec.versions only after it
  # has been taken out of this list, which is for whoever rewrote all objects to do.
  observedGeneration @3 :Int64 $C.proto([4]);
  # The metadata.generation that the controller has acted on.
}

struct CustomResourceDefinitionVersion $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion") {
  # One version of the kind.
  name @0 :Text $C.proto([1]) $C.required;
  # The version's name, such as v1 or v2beta1: /apis/GROUP/NAME/….
  served @1 :Bool $C.proto([2]) $C.required;
  # Whether requests can use this version.
  storage @2 :Bool $C.proto([3]) $C.required;
  # Whether objects are stored in this version. Exactly one version says so.
  schema @3 :CustomResourceValidation $C.proto([4]);
  # What objects of this version hold. Required.
  subresources @4 :CustomResourceSubresources $C.proto([5]);
  # The subresources that objects of this version have.
  additionalPrinterColumns @5 :List(CustomResourceColumnDefinition) $C.proto([6]) $C.listType("atomic");
  # The columns that `kubectl get` prints beside the name. Without any, the age alone.
  deprecated @6 :Bool $C.proto([7]);
  # True if the version is on its way out: answers in it carry a warning.
  deprecationWarning @7 :Text $C.proto([8]) $C.optional;
  # The words of that warning. Without them it names this version and the one to use instead. May be
  # set only when deprecated is true.
  selectableFields @8 :List(SelectableField) $C.proto([9]) $C.listType("atomic");
  # Fields that field selectors can name, up to 8.
}

struct CustomResourceSubresourceScale $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale") {
  # Where the subresource /scale finds its numbers in an object.
  specReplicasPath @0 :Text $C.proto([1]) $C.required;
  # Path of the integer that says how many replicas are wanted: a path of names under .spec. An
  # object without it has no scale to read.
  statusReplicasPath @1 :Text $C.proto([2]) $C.required;
  # Path of the integer that says how many replicas there are: a path of names under .status. When
  # absent in the object it counts as 0.
  labelSelectorPath @2 :Text $C.proto([3]) $C.optional;
  # Path of a text that is a label selector for the replicas, under .status or .spec. The
  # HorizontalPodAutoscaler needs it.
}

struct CustomResourceSubresourceStatus $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus") {
  # Being present is all it says: the kind has the subresource /status.
}

struct CustomResourceSubresources $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources") {
  # The subresources of a version.
  status @0 :CustomResourceSubresourceStatus $C.proto([1]);
  # When present, objects have /status: writes to the object leave .status alone, writes to /status
  # leave all but .status alone, and metadata.generation counts changes of the rest.
  scale @1 :CustomResourceSubresourceScale $C.proto([2]);
  # When present, objects have /scale, which reads and writes an autoscaling/v1 Scale.
}

struct CustomResourceValidation $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation") {
  # What objects of a version hold.
  openAPIV3Schema @0 :JSONSchemaProps $C.proto([1]);
  # The OpenAPI v3 schema that objects are pruned, defaulted and validated by.
}

struct ExternalDocumentation $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation") {
  # Where more is written about a schema.
  description @0 :Text $C.proto([1]);
  # What is found there.
  url @1 :Text $C.proto([2]);
  # Its address.
}

struct JSON $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON") $C.choice {
  # Any JSON value: null, a boolean, a number, a text, an array or an object.
  raw @0 :Text $C.proto([1]) $C.format("json");
  # The value, as its text.
}

struct JSONSchemaProps $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps") {
  # A schema of OpenAPI v3, as far as Kubernetes allows it, with extensions of its own.
  id @0 :Text $C.proto([1]);
  # Not supported: must be empty.
  schema @1 :Text $C.json("$schema") $C.proto([2]);
  # The dialect of JSON schema that the author had in mind. Has no effect.
  ref @2 :Text $C.json("$ref") $C.proto([3]) $C.optional;
  # Not supported: must be absent.
  description @3 :Text $C.proto([4]);
  # What the value means; `kubectl explain` prints it.
  type @4 :Text $C.proto([5]);
  # The value's type: object, array, string, integer, number or boolean.
  format @5 :Text $C.proto([6]);
  # A narrower form of the type. For texts: bsonobjectid, uri, email, hostname, ipv4, ipv6,
  # cidr, mac, uuid, uuid3, uuid4, uuid5, isbn, isbn10, isbn13, creditcard, ssn, hexcolor, rgbcolor,
  # byte, password, date, duration, date-time, k8s-short-name and k8s-long-name; for integers int32
  # and int64, for numbers float and double. Other formats are ignored.
  title @6 :Text $C.proto([7]);
  # A short heading for the schema.
  default @7 :JSON $C.proto([8]);
  # What an object gets where the field is absent, when it is written and when it is read. Must be
  # valid itself; null stands for none.
  maximum @8 :Meta.Float64Value $C.proto([9]);
  # The largest number allowed.
  exclusiveMaximum @9 :Bool $C.proto([10]);
  # True if maximum itself is not allowed any more.
  minimum @10 :Meta.Float64Value $C.proto([11]);
  # The smallest number allowed.
  exclusiveMinimum @11 :Bool $C.proto([12]);
  # True if minimum itself is not allowed yet.
  maxLength @12 :Meta.Int64Value $C.proto([13]);
  # How many characters a text has at most.
  minLength @13 :Meta.Int64Value $C.proto([14]);
  # How many characters a text has at least.
  pattern @14 :Text $C.proto([15]);
  # A regular expression in RE2's syntax that a text must contain a match of.
  maxItems @15 :Meta.Int64Value $C.proto([16]);
  # How many elements an array has at most.
  minItems @16 :Meta.Int64Value $C.proto([17]);
  # How many elements an array has at least.
  uniqueItems @17 :Bool $C.proto([18]);
  # Must be false: comparing all elements with each other costs too much. See
  # x-kubernetes-list-type.
  multipleOf @18 :Meta.Float64Value $C.proto([19]);
  # The number that a number must be a multiple of.
  enum @19 :List(JSON) $C.proto([20]) $C.listType("atomic");
  # All values that are allowed.
  maxProperties @20 :Meta.Int64Value $C.proto([21]);
  # How many members an object has at most.
  minProperties @21 :Meta.Int64Value $C.proto([22]);
  # How many members an object has at least.
  required @22 :List(Text) $C.proto([23]) $C.listType("atomic");
  # The members that an object must have.
  items @23 :JSONSchemaPropsOrArray $C.proto([24]);
  # The schema of an array's elements. Required for arrays; a list of schemas is not supported.
  allOf @24 :List(JSONSchemaProps) $C.proto([25]) $C.listType("atomic");
  # The value must be valid by each of these schemas.
  oneOf @25 :List(JSONSchemaProps) $C.proto([26]) $C.listType("atomic");
  # The value must be valid by exactly one of these schemas.
  anyOf @26 :List(JSONSchemaProps) $C.proto([27]) $C.listType("atomic");
  # The value must be valid by one of these schemas at least.
  not @27 :JSONSchemaProps $C.proto([28]);
  # The value must not be valid by this schema.
  properties @28 :List(JSONSchemaPropsEntry) $C.proto([29]);
  # The members of an object, by name. Others are dropped, unless additionalProperties or
  # x-kubernetes-preserve-unknown-fields says otherwise.
  additionalProperties @29 :JSONSchemaPropsOrBool $C.proto([30]);
  # The schema of an object's values, where it is a map with any keys. Excludes properties.
  patternProperties @30 :List(JSONSchemaPropsEntry) $C.proto([31]);
  # Not supported: must be empty.
  dependencies @31 :List(JSONSchemaPropsOrStringArrayEntry) $C.proto([32]);
  # Not supported: must be empty.
  additionalItems @32 :JSONSchemaPropsOrBool $C.proto([33]);
  # Not supported: must be absent.
  definitions @33 :List(JSONSchemaPropsEntry) $C.proto([34]);
  # Not supported: must be empty.
  externalDocs @34 :ExternalDocumentation $C.proto([35]);
  # Where more is written about the value.
  example @35 :JSON $C.proto([36]);
  # A value that is valid, for the reader.
  nullable @36 :Bool $C.proto([37]);
  # True if null is allowed and kept. Otherwise a null is dropped where the schema has a default,
  # and refused where it has none.
  xPreserveUnknownFields @37 :Meta.BoolValue $C.json("x-kubernetes-preserve-unknown-fields") $C.proto([38]);
  # True keeps members that no schema describes. Ends again where a schema below names properties.
  xEmbeddedResource @38 :Bool $C.json("x-kubernetes-embedded-resource") $C.proto([39]);
  # True if the value is a whole object of the API, with apiVersion, kind and metadata, which are
  # validated and need no schema here.
  xIntOrString @39 :Bool $C.json("x-kubernetes-int-or-string") $C.proto([40]);
  # True if the value is an integer or a text. Then type must be absent.
  xListMapKeys @40 :List(Text) $C.json("x-kubernetes-list-map-keys") $C.proto([41]) $C.listType("atomic");
  # With the list type map: the members of an element that identify it. They are scalars, and either
  # required or with a default.
  xListType @41 :Text $C.json("x-kubernetes-list-type") $C.proto([42]) $C.optional;
  # How server-side apply merges an array: atomic replaces it as a whole (the default), set takes
  # every element as its own key, map identifies elements by x-kubernetes-list-map-keys. Sets and
  # maps hold no element twice.
  xMapType @42 :Text $C.json("x-kubernetes-map-type") $C.proto([43]) $C.optional;
  # How server-side apply merges an object: granular by its members (the default), or atomic as a
  # whole.
  xValidations @43 :List(ValidationRule) $C.json("x-kubernetes-validations") $C.proto([44]) $C.listType("map") $C.mapKeys(["rule"]) $C.patchStrategy("merge") $C.patchMergeKey("rule");
  # Rules in CEL that the value must follow.
}

struct JSONSchemaPropsEntry { key @0 :Text; value @1 :JSONSchemaProps; }
# One member of a map from text to a schema.

struct JSONSchemaPropsOrArray $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray") $C.choice {
  # One schema, or a list of them.
  union {
    schema @0 :JSONSchemaProps $C.proto([1]);
    # One schema for all elements.
    schemas @1 :List(JSONSchemaProps) $C.json("jSONSchemas") $C.proto([2]);
    # A schema for each element in turn. Not supported.
  }
}

struct JSONSchemaPropsOrBool $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool") $C.choice {
  # A schema, or a boolean: true allows everything and false nothing.
  union {
    allows @0 :Bool $C.proto([1]);
    # Whether anything is allowed.
    schema @1 :JSONSchemaProps $C.proto([2]);
    # What is allowed.
  }
}

struct JSONSchemaPropsOrStringArray $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray") $C.choice {
  # A schema, or a list of texts.
  union {
    schema @0 :JSONSchemaProps $C.proto([1]);
    # A schema.
    property @1 :List(Text) $C.proto([2]) $C.listType("atomic");
    # The names of members.
  }
}

struct JSONSchemaPropsOrStringArrayEntry { key @0 :Text; value @1 :JSONSchemaPropsOrStringArray; }
# One member of a map from text to a schema or a list of texts.

struct SelectableField $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField") {
  # A field that field selectors can name.
  jsonPath @0 :Text $C.proto([1]) $C.required;
  # Where the field is, as a path of names such as .spec.color. It is a text, a boolean or an
  # integer, and not part of metadata.
}

struct ServiceReference $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference") {
  # The Service that answers a webhook.
  namespace @0 :Text $C.proto([1]) $C.required;
  # The Service's namespace.
  name @1 :Text $C.proto([2]) $C.required;
  # The Service's name.
  path @2 :Text $C.proto([3]) $C.optional;
  # The path of the URL that is called.
  port @3 :Meta.Int32Value $C.proto([4]);
  # The Service's port. Defaults to 443.
}

struct ValidationRule $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule") {
  # A rule in CEL (Common Expression Language).
  rule @0 :Text $C.proto([1]) $C.required;
  # The expression that must be true. `self` is the value that the schema describes, `oldSelf` what
  # it was before an update; a rule that uses oldSelf is not looked at when there is no old value.
  message @1 :Text $C.proto([2]);
  # What to say when the rule is not met. Required when rule has line breaks.
  messageExpression @2 :Text $C.proto([3]);
  # An expression whose text is said instead of message.
  reason @3 :Text $C.proto([4]) $C.optional
      $C.values(["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]);
  # The reason given to the client: FieldValueInvalid (the default), FieldValueForbidden,
  # FieldValueRequired or FieldValueDuplicate.
  fieldPath @4 :Text $C.proto([5]);
  # Which field, below the one described, the failure is reported for, as a path such as .foo.bar.
  optionalOldSelf @5 :Meta.BoolValue $C.proto([6]);
  # True if the rule is also looked at when there is no old value: oldSelf is an optional then.
}

struct WebhookClientConfig $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig") {
  # How to reach a webhook: by url or by service, not both.
  service @0 :ServiceReference $C.proto([1]);
  # A Service of the cluster that answers.
  caBundle @1 :Data $C.proto([2]);
  # Certificates of authorities (PEM) that the webhook's own certificate is checked against. Without
  # them, those that the server's system trusts.
  url @2 :Text $C.proto([3]) $C.optional;
  # The webhook's address, https://HOST[:PORT]/PATH, for one outside the cluster.
}

struct WebhookConversion $C.openapi("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion") {
  # A webhook that converts objects.
  clientConfig @0 :WebhookClientConfig $C.proto([2]);
  # How to reach it. Required.
  conversionReviewVersions @1 :List(Text) $C.proto([3]) $C.required $C.listType("atomic");
  # The versions of ConversionReview that it understands, most wanted first.
}
