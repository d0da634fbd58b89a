// SchemaCompiler: makes a CompiledSchema out of the schema as it stands in a CustomResourceDefinition. Its parts are
// trusted to be of bounded size (see schema_limits.h), and to be nothing else: what does not fit together is left out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-apiextensions/schema/compiled_schema.h"

namespace cleat::kinds::extensions {

class SchemaCompiler {
 public:
  static std::shared_ptr<CompiledSchema> compile(SchemaReader schema);

 private:
  using Props = apiextensions_v1::JSONSchemaProps;

  // Compiles into nodes_[place], which is there already.
  void node(SchemaReader schema, uint32_t place);
  uint32_t newNode(SchemaReader schema);
  void types(SchemaReader schema, SchemaNode& out);
  uint8_t children(SchemaReader schema, uint32_t place);
  SchemaRange properties(capnp::List<apiextensions_v1::JSONSchemaPropsEntry>::Reader properties, uint8_t& holds);

  SchemaRange rules(SchemaReader schema, const SchemaNode& node);
  void bounds(SchemaReader schema, std::vector<SchemaRule>& out);
  void texts(SchemaReader schema, const SchemaNode& node, std::vector<SchemaRule>& out);
  void junctors(SchemaReader schema, std::vector<SchemaRule>& out);
  SchemaRange names(capnp::List<capnp::Text>::Reader all);
  SchemaRange alternatives(capnp::List<Props>::Reader all);
  SchemaRange values(capnp::List<apiextensions_v1::JSON>::Reader all);
  SchemaRange text(std::string_view text);
  void keepValues();

  std::shared_ptr<CompiledSchema> out_ = std::make_shared<CompiledSchema>();
  std::vector<JsonTree> values_;
  std::map<std::string, SchemaRange, std::less<>> kept_;  // texts that are there already
  std::map<std::string, uint32_t, std::less<>> patterns_;
};

}  // namespace cleat::kinds::extensions
