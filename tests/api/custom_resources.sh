# A kind of users' own for tests of custom resources: sourced after server.sh.
apply() { printf -- '---\n%s\n' "$1" | kubectl apply "${@:2}" -f -; }
create() { printf -- '---\n%s\n' "$1" | kubectl create "${@:2}" -f -; }
field() { kubectl get "$1" "$2" -o "jsonpath=$3"; }
condition() {  # DEFINITION TYPE: "True NoConflicts"
  kubectl get crd "$1" -o "jsonpath={.status.conditions[?(@.type=='$2')].status} {.status.conditions[?(@.type=='$2')].reason}"
}
established() { kubectl wait --for=condition=Established --timeout=20s "crd/$1"; }
api=/apis/example.com/v1/namespaces/default

# The kind of most of what follows: PLURAL KIND GROUP [MORE]
schema='{type: object, required: [spec], properties: {
  spec: {type: object, required: [color], properties: {
    color: {type: string, enum: [red, blue, green]},
    size: {type: integer, minimum: 1, maximum: 10, default: 3},
    label: {type: string, maxLength: 5, pattern: "^[a-z]*$"},
    port: {x-kubernetes-int-or-string: true},
    parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name],
            items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}},
    tags: {type: array, x-kubernetes-list-type: set, items: {type: string}},
    options: {type: object, additionalProperties: {type: string}},
    free: {type: object, x-kubernetes-preserve-unknown-fields: true},
    template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true},
    replicas: {type: integer}}},
  status: {type: object, properties: {replicas: {type: integer}, selector: {type: string}, phase: {type: string}}}}}'
widgets=$(cat <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all, toys]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: $(tr -d '\n' <<<"$schema")}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Size, type: integer, jsonPath: .spec.size, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    selectableFields: [{jsonPath: .spec.color}, {jsonPath: .spec.size}]
YAML
)
widget() { printf '{apiVersion: example.com/v1, kind: Widget, metadata: {name: %s}, spec: {%s}}' "$1" "$2"; }
