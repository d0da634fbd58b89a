// Schemas and objects for tests, out of JSON.
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/object.h>

#include <string_view>

#include "kinds-apiextensions/schema/validate.h"

namespace cleat::kinds::extensions::test {

using SchemaDraft = Draft<apiextensions_v1::JSONSchemaProps>;

// {"type":"object",…}, as in a manifest. What is none ends the test, but for readSchema.
SchemaDraft schemaOf(std::string_view json);
SchemaDraft schemaOf(JsonView json);
std::optional<SchemaDraft> readSchema(JsonView json);

// {"metadata":{"name":"a"},"spec":…}. Of the metadata it has the name, generateName, labels and creationTimestamp.
class TestObject {
 public:
  explicit TestObject(std::string_view json);
  explicit TestObject(JsonView json);

  CustomObject get() { return {draft_.reader(), apiVersion_, kind_}; }

 private:
  void fill(JsonView json);

  Draft<open_v1::OpenObject> draft_;
  std::string apiVersion_, kind_;
};

}  // namespace cleat::kinds::extensions::test
