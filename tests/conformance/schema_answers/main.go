// schema_answers asks the validation of Kubernetes itself about schemas and custom objects. It reads the lines of
// tests/plugins/kinds-apiextensions/schema/kubernetes_answers.jsonl and writes them with what is found:
//
//	cd tests/conformance && go run ./schema_answers <OLD >NEW
//
// A line is {"name":…,"schema":…}, for a CustomResourceDefinition with that schema ("status":true: with /status), or has
// an "object" and maybe what it was before, "old".
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/common"
)

type question struct {
	Name     string          `json:"name"`
	Schema   json.RawMessage `json:"schema"`
	Status   bool            `json:"status,omitempty"`
	Object   json.RawMessage `json:"object,omitempty"`
	Old      json.RawMessage `json:"old,omitempty"`
	Findings []string        `json:"findings"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func definition(props *v1.JSONSchemaProps, status bool) *apiextensions.CustomResourceDefinition {
	version := v1.CustomResourceDefinitionVersion{Name: "v1", Served: true, Storage: true,
		Schema: &v1.CustomResourceValidation{OpenAPIV3Schema: props}}
	if status {
		version.Subresources = &v1.CustomResourceSubresources{Status: &v1.CustomResourceSubresourceStatus{}}
	}
	crd := &v1.CustomResourceDefinition{}
	crd.Name = "foos.example.com"
	crd.Spec = v1.CustomResourceDefinitionSpec{Group: "example.com", Scope: "Namespaced",
		Names:      v1.CustomResourceDefinitionNames{Plural: "foos", Singular: "foo", Kind: "Foo", ListKind: "FooList"},
		Versions:   []v1.CustomResourceDefinitionVersion{version},
		Conversion: &v1.CustomResourceConversion{Strategy: "None"}}
	crd.Status.StoredVersions = []string{"v1"}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	out := &apiextensions.CustomResourceDefinition{}
	must(scheme.Convert(crd, out, nil))
	return out
}

// In the order in which the API server's strategy for custom objects asks.
func ofObject(props *apiextensions.JSONSchemaProps, object, old map[string]interface{}) field.ErrorList {
	structural, err := schema.NewStructural(props)
	must(err)
	validator, _, err := validation.NewSchemaValidator(props)
	must(err)
	var errs field.ErrorList
	if old == nil {
		errs = validation.ValidateCustomResource(nil, object, validator)
	} else {
		correlated := common.NewCorrelatedObject(object, old, &model.Structural{Structural: structural})
		errs = validation.ValidateCustomResourceUpdate(nil, object, old, validator, validation.WithRatcheting(correlated))
	}
	errs = append(errs, objectmeta.Validate(context.Background(), nil, object, structural, false)...)
	if old == nil || len(listtype.ValidateListSetsAndMaps(nil, structural, old)) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, structural, object)...)
	}
	return errs
}

func answer(asked *question) field.ErrorList {
	var props v1.JSONSchemaProps
	must(json.Unmarshal(asked.Schema, &props))
	if asked.Object == nil {
		return crdvalidation.ValidateCustomResourceDefinition(context.Background(), definition(&props, asked.Status))
	}
	var internal apiextensions.JSONSchemaProps
	must(v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil))
	var object, old map[string]interface{}
	must(utiljson.Unmarshal(asked.Object, &object))
	if asked.Old != nil {
		must(utiljson.Unmarshal(asked.Old, &old))
	}
	return ofObject(&internal, object, old)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var asked question
		must(json.Unmarshal(lines.Bytes(), &asked))
		asked.Findings = []string{}
		for _, found := range answer(&asked) {
			asked.Findings = append(asked.Findings, fmt.Sprintf("%s|%s|%s", string(found.Type), found.Field, found.ErrorBody()))
		}
		sort.Strings(asked.Findings)
		must(out.Encode(asked))
	}
	must(lines.Err())
}
