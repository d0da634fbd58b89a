#!/bin/bash
# Rules in CEL (x-kubernetes-validations) of custom kinds: what definitions may say, and what objects are held to.
build=${1:?usage: custom_rules_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
start_server
until_true 20 kubectl get serviceaccount default

# definition PLURAL KIND SCHEMA
definition() {
  printf '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: %s.example.com},
  spec: {group: example.com, scope: Namespaced, names: {plural: %s, kind: %s},
  versions: [{name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: %s}}]}}' \
    "$1" "$1" "$2" "$(tr -d '\n' <<<"$3")"
}
# of SPEC: the schema of an object whose spec is that.
of() { printf '{type: object, properties: {spec: %s}}' "$1"; }
# rules SPEC RULE…: of a spec with one rule
with_rule() { of "{type: object, properties: {a: {type: string, maxLength: 5}, m: {type: integer}}, x-kubernetes-validations: [{$1}]}"; }
attempt() { create "$(definition attempts Attempt "$1")"; }
at='spec.validation.openAPIV3Schema.properties\[spec\]'

# What definitions may not say.
check_fails 'a field that the schema has not' "$at.x-kubernetes-validations\[0\].rule: Invalid value: .*compilation failed: ERROR: <input>:1:5: undefined field 'z'.* \| self.z == 1" \
  attempt "$(with_rule 'rule: "self.z == 1"')"
check_fails 'beside what else is wrong' "$at.properties\[a\].uniqueItems: Forbidden: .*$at.properties\[m\].x-kubernetes-validations\[0\].rule: Invalid value: .*undefined field 'z'" \
  attempt "$(of '{type: object, properties: {a: {type: array, uniqueItems: true, items: {type: string}}, m: {type: object, x-kubernetes-validations: [{rule: "self.z == 1"}]}}, x-kubernetes-validations: [{rule: "self.y"}]}')"
check_fails 'no expression' "compilation failed: ERROR: <input>:1:10: Syntax error: mismatched input '<EOF>' expecting" attempt "$(with_rule 'rule: "self.m ==" ')"
check_fails 'types that do not fit' "found no matching overload for '_==_' applied to '\(int, string\)'" attempt "$(with_rule 'rule: "self.m == self.a"')"
check_fails 'no boolean' 'x-kubernetes-validations\[0\].rule: Invalid value: .*cel expression must evaluate to a bool' attempt "$(with_rule 'rule: "self.m"')"
check_fails 'nothing' 'x-kubernetes-validations\[0\].rule: Required value: rule is not specified' attempt "$(with_rule 'rule: " "')"
check_fails 'a message with lines' 'x-kubernetes-validations\[0\].message: Invalid value: .*must not contain line breaks' \
  attempt "$(with_rule 'rule: "true", message: "a\nb"')"
check_fails 'a rule with lines and no message' 'message: Required value: message must be specified if rule contains line breaks' attempt "$(with_rule 'rule: "true ||\n true"')"
check_fails 'a message that is no text' 'messageExpression: Invalid value: .*messageExpression must evaluate to a string' attempt "$(with_rule 'rule: "true", messageExpression: "self.m"')"
check_fails 'a reason of its own' 'reason: Unsupported value: "Because"' attempt "$(with_rule 'rule: "true", reason: Because')"
check_fails 'a path to nowhere' 'fieldPath: Invalid value: ".b": must be a valid path' attempt "$(with_rule 'rule: "true", fieldPath: ".b"')"
check_fails 'optionalOldSelf without oldSelf' 'optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule' attempt "$(with_rule 'rule: "true", optionalOldSelf: true')"
check_fails 'a rule that costs too much' 'rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared\)' \
  attempt "$(of '{type: object, properties: {l: {type: array, items: {type: string}}}, x-kubernetes-validations: [{rule: "self.l.all(x, self.l.all(y, x == y))"}]}')"
check_fails 'many that cost too much together' 'openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of' \
  attempt "$(python3 - <<'PY'
rules = ", ".join('{rule: "self.l.all(x, self.l.all(y, x >= y))"}' for _ in range(30))
print("{type: object, properties: {spec: {type: object, properties: {l: {type: array, maxItems: 1000, items: {type: integer}}}, x-kubernetes-validations: [%s]}}}" % rules)
PY
)"
check_fails 'a transition within a list without keys' 'oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties\[spec\].properties\[l\]' \
  attempt "$(of '{type: object, properties: {l: {type: array, maxItems: 5, items: {type: string, maxLength: 5, x-kubernetes-validations: [{rule: "self == oldSelf"}]}}}}')"
check_fails 'a default that breaks its own rule' "$at.properties\[c\].default: Invalid value: .integer.: failed rule: self > 5" \
  attempt "$(of '{type: object, default: {}, properties: {c: {type: integer, default: 1, x-kubernetes-validations: [{rule: "self > 5"}]}}}')"

check 'maps that are made entry by entry' 'created \(server dry run\)' create "$(definition attempts Attempt "$(with_rule 'rule: "has(self.a) && {self.a: 1}.transformMapEntry(k, v, v > 0, {k: v}).size() == 1"')")" --dry-run=server

# Rules of which only the objects show that they are too much: what each may cost is a tenth of what it is estimated at.
loops='{rule: "self.all(a, self.all(b, a + b >= 0))"}'
create "$(definition louds Loud "$(of "{type: object, properties: {
  l: {type: array, maxItems: 600, items: {type: integer}, x-kubernetes-validations: [$loops]},
  m: {type: array, maxItems: 400, items: {type: array, maxItems: 40, items: {type: integer}, x-kubernetes-validations: [$(printf "$loops, %.0s" 1 2 3 4 5 6 7 8)]}}}}")")" >/dev/null
established louds.example.com >/dev/null
loud() { python3 -c 'import json, sys; print(json.dumps({"apiVersion": "example.com/v1", "kind": "Loud", "metadata": {"name": "loud"}, "spec": eval(sys.argv[1])}))' "$1" | kubectl create --dry-run=server -f - 2>&1 || true; }
check 'a list that is short enough' 'created' loud '{"l": [1] * 100}'
check 'one that is not' "spec.l: Invalid value: .*'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all\(a, self.all\(b, a \+ b >= 0\)\)" loud '{"l": [1] * 600}'
check 'many that are together' 'spec.m.*: Invalid value: .*validation failed due to running out of cost budget, no further validation rules will be run' loud '{"m": [[1] * 40] * 400}'

# What objects are held to.
gauges=$(definition gauges Gauge '{type: object, properties: {
  spec: {type: object, required: [min, max], properties: {
    min: {type: integer}, max: {type: integer}, now: {type: integer},
    name: {type: string, maxLength: 20, x-kubernetes-validations: [{rule: "self == oldSelf", message: is fixed}]},
    first: {type: string, maxLength: 9, x-kubernetes-validations: [{rule: "oldSelf.hasValue() || self == \"a\"", optionalOldSelf: true, message: begins with a}]},
    a-b.c: {type: string, maxLength: 10}, namespace: {type: string, maxLength: 10},
    until: {type: string, format: date-time}, grace: {type: string, format: duration},
    port: {x-kubernetes-int-or-string: true, maxLength: 20},
    tags: {type: array, maxItems: 10, x-kubernetes-list-type: set, items: {type: string, maxLength: 10}},
    parts: {type: array, maxItems: 10, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name],
      items: {type: object, required: [name], properties: {name: {type: string, maxLength: 10}, count: {type: integer}},
        x-kubernetes-validations: [{rule: "self.count >= oldSelf.count", fieldPath: ".count", message: only grows, reason: FieldValueForbidden}]}},
    labels: {type: object, maxProperties: 10, additionalProperties: {type: string, maxLength: 10, x-kubernetes-validations: [{rule: "self != \"bad\"", message: not bad}]}}},
   x-kubernetes-validations: [
    {rule: "self.min <= self.max", message: min is above max},
    {rule: "!has(self.now) || (self.min <= self.now && self.now <= self.max)", messageExpression: "\"%d is outside of %d to %d\".format([self.now, self.min, self.max])", fieldPath: ".now"},
    {rule: "!has(self.a__dash__b__dot__c) || self.a__dash__b__dot__c.startsWith(\"x\")", reason: FieldValueRequired, message: has to begin with x},
    {rule: "!has(self.__namespace__) || self.__namespace__ != \"kube\""},
    {rule: "!has(self.until) || self.until > timestamp(\"2020-01-01T00:00:00Z\")", message: too long ago},
    {rule: "!has(self.grace) || self.grace < duration(\"1h\")", message: too long},
    {rule: "!has(self.port) || (type(self.port) == int ? self.port < 100 : self.port.endsWith(\"%\"))", message: port},
    {rule: "!has(self.tags) || self.tags == [\"a\", \"b\"] || size(self.tags) != 2", message: of two only a and b},
    {rule: "!has(self.max) || 100 / (self.max - 13) >= -1000", message: never}]}},
  x-kubernetes-validations: [{rule: "self.metadata.name.startsWith(\"g\")", message: has to begin with g}]}')
check 'a kind with rules' 'created' create "$gauges"
established gauges.example.com >/dev/null
gauge() { printf '{apiVersion: example.com/v1, kind: Gauge, metadata: {name: %s}, spec: {min: 1, max: 9%s}}' "$1" "${2:+, $2}"; }
refused() { check_fails "$1" "$2" create "$(gauge g "$3")"; }
check 'what keeps them is taken' 'created' create "$(gauge good 'now: 5, a-b.c: xy, tags: [b, a], port: 8, first: a')"
check_fails 'a rule of the whole' 'The Gauge "bad" is invalid: <nil>: Invalid value: "object": has to begin with g' create "$(gauge bad)"
check_fails 'of the spec' 'spec: Invalid value: "object": min is above max' create "$(gauge g | sed 's/min: 1/min: 10/')"
refused 'a message that is computed, at a field' 'spec.now: Invalid value: "object": 12 is outside of 1 to 9' 'now: 12'
refused 'a reason' 'spec: Required value: has to begin with x' 'a-b.c: z'
refused 'a rule without a message' 'failed rule: !has\(self.__namespace__\) \|\| self.__namespace__ != "kube"' 'namespace: kube'
refused 'a time' 'spec: Invalid value: "object": too long ago' 'until: "2019-01-01T00:00:00Z"'
refused 'a duration' 'spec: Invalid value: "object": too long' 'grace: 90m'
refused 'an integer or a text' 'Invalid value: "object": port' 'port: "12"'
refused 'a set, in any order' 'of two only a and b' 'tags: [a, c]'
refused 'values of a map' 'spec.labels\[x\]: Invalid value: "string": not bad' 'labels: {x: bad}'
refused 'the first value' 'spec.first: Invalid value: "string": begins with a' 'first: b'
check_fails 'an expression that fails' 'division by zero evaluating rule: never' create "$(gauge g | sed 's/max: 9/max: 13/')"
refused 'what is of another type is told first' 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation' 'now: [1]'

# Of changes.
check 'an object' 'created' create "$(gauge grows 'name: one, parts: [{name: a, count: 3}, {name: b, count: 1}]')"
patch() { kubectl patch gauge grows --type=merge -p "$1"; }
check_fails 'what is fixed' 'spec.name: Invalid value: "string": is fixed' patch '{"spec":{"name":"two"}}'
check 'may go' 'patched' patch '{"spec":{"name":null}}'
check 'and come, for then there is nothing to compare with' 'patched' patch '{"spec":{"name":"two"}}'
check_fails 'elements are found by their keys' 'spec.parts\[1\].count: Forbidden: only grows' patch '{"spec":{"parts":[{"name":"b","count":1},{"name":"a","count":2}]}}'
check 'where others may be new' 'patched' patch '{"spec":{"parts":[{"name":"c","count":0},{"name":"a","count":4}]}}'

# A rule that comes later does not stand in the way of other changes.
check 'a new rule' 'patched' kubectl patch crd gauges.example.com --type=json -p '[{"op":"add",
  "path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/parts/x-kubernetes-validations","value":[{"rule":"size(self) < 2","message":"one part at most"}]}]'
until_true 10 bash -c "kubectl create --dry-run=server -f - <<<'$(gauge gx 'parts: [{name: a}, {name: b}]')' 2>&1 | grep -q 'one part'"
check 'is a warning only where nothing changed' 'Warning: spec.parts: Invalid value: "array": one part at most.*patched' patch '{"spec":{"now":3}}'
check_fails 'and holds what changed' 'spec.parts: Invalid value: "array": one part at most' patch '{"spec":{"parts":[{"name":"c","count":0},{"name":"d","count":4}]}}'
finish
