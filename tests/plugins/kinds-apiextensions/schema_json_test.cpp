// A schema as the server gets it.
#include "kinds-apiextensions/schema_json.h"

#include <gmock/gmock.h>

#include "tests/plugins/kinds/kinds_fixture.h"

namespace cleat::kinds::extensions {
namespace {

using apiextensions_v1::JSONSchemaProps;

TEST(SchemaJson, SaysWhatTheSchemaSaysAndNothingElse) {
  auto schema = cleat::test::parse<JSONSchemaProps>(R"({"description":"a \"b\"","type":"object","required":["a"],
    "default":{"raw":"{\"a\":1}"},
    "properties":[{"key":"a","value":{"type":"integer","minimum":{"value":0},"maximum":{"value":1.5},
                                      "exclusiveMaximum":true,"format":"int32"}},
                  {"key":"b","value":{"type":"array","items":{"schema":{"type":"string","enum":[{"raw":"\"x\""},{}],
                                      "nullable":true}},"xListType":"set","maxItems":{"value":3}}},
                  {"key":"c","value":{"type":"object","additionalProperties":{"allows":false}}},
                  {"key":"d","value":{"xIntOrString":true,"anyOf":[{"type":"integer"},{"type":"string"}]}},
                  {"key":"e","value":{"type":"object","xPreserveUnknownFields":{"value":true},"xEmbeddedResource":true}}]})");
  EXPECT_EQ(
      schemaJson(schema.reader()),
      R"({"description":"a \"b\"","type":"object","default":{"a":1},"required":["a"],"properties":{)"
      R"("a":{"type":"integer","format":"int32","maximum":1.5,"exclusiveMaximum":true,"minimum":0},)"
      R"("b":{"type":"array","maxItems":3,"items":{"type":"string","enum":["x",null],"nullable":true},)"
      R"("x-kubernetes-list-type":"set"},)"
      R"("c":{"type":"object","additionalProperties":false},)"
      R"("d":{"anyOf":[{"type":"integer"},{"type":"string"}],"x-kubernetes-int-or-string":true},)"
      R"("e":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-embedded-resource":true}}})");
}

}  // namespace
}  // namespace cleat::kinds::extensions
