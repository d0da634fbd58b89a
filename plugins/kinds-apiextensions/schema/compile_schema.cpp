// compileSchema: the checks, and then the compiler.
#include "kinds-apiextensions/schema/rule_set.h"
#include "kinds-apiextensions/schema/schema_check.h"
#include "kinds-apiextensions/schema/schema_compiler.h"

#include <set>

namespace cleat::kinds::extensions {

namespace {

// Calls visit(schema) for each schema whose fields count for something.
template <class Visit>
void forEachSchema(SchemaReader schema, const Visit& visit) {
  visit(schema);
  for (auto property : schema.getProperties()) forEachSchema(property.getValue(), visit);
  for (auto each : schema.getAllOf()) forEachSchema(each, visit);
  for (auto each : schema.getAnyOf()) forEachSchema(each, visit);
  for (auto each : schema.getOneOf()) forEachSchema(each, visit);
  if (schema.hasNot()) forEachSchema(schema.getNot(), visit);
  if (schema.hasItems() && schema.getItems().isSchema()) forEachSchema(schema.getItems().getSchema(), visit);
  if (schema.hasAdditionalProperties() && schema.getAdditionalProperties().isSchema()) {
    forEachSchema(schema.getAdditionalProperties().getSchema(), visit);
  }
}

void warnOfFormats(SchemaReader schema, Findings& findings) {
  std::set<std::string_view> unknown;
  forEachSchema(schema, [&](SchemaReader each) {
    std::string_view format = view(each.getFormat());
    if (!format.empty() && formatOf(format, view(each.getType())) == Format::none) unknown.insert(format);
  });
  for (std::string_view format : unknown) findings.warn(concat("unrecognized format ", quoted(format)));
}

}  // namespace

bool findProperty(SchemaReader schema, std::string_view name, SchemaReader& found) {
  auto properties = schema.getProperties();
  uint32_t low = 0, high = properties.size();
  while (low < high) {  // they are in order, as all maps are
    uint32_t middle = low + (high - low) / 2;
    std::string_view key = view(properties[middle].getKey());
    if (key == name) {
      found = properties[middle].getValue();
      return true;
    }
    key < name ? low = middle + 1 : high = middle;
  }
  return false;
}

std::optional<JsonTree> defaultOf(SchemaReader schema) {
  if (!schema.hasDefault()) return std::nullopt;
  auto tree = JsonTree::parse(view(schema.getDefault().getRaw()));
  if (!tree || tree->view().isNull()) return std::nullopt;
  return *std::move(tree);
}

std::shared_ptr<const CompiledSchema> compileSchema(SchemaReader schema, const Path& path, const SchemaOptions& options,
                                                    Findings& findings) {
  const size_t before = findings.causes().size();
  Trail root;
  root.name = path.text();
  if (!checkSchemaLimits(schema, root, findings)) return nullptr;
  warnOfFormats(schema, findings);
  auto compiled = SchemaCompiler::compile(schema);
  // What is unsupported is found below with its own words, except for the one field that has none.
  std::string_view unsupported = unsupportedField(schema);
  bool isStructural = false;
  if (unsupported.empty()) {
    checkStructure(schema, root, findings);
    if (findings.causes().size() == before) checkDefaults(schema, *compiled, root, findings);
    isStructural = findings.causes().size() == before;
  }
  checkSchemaFields(schema, root, options, findings);
  if (findings.causes().size() == before && !unsupported.empty()) {
    findings.invalid(path, "", concat("OpenAPIV3Schema '", unsupported, "' is not supported"));
  }
  if (isStructural) compiled->keepRules(compileRules(schema, root, findings));
  if (findings.causes().size() == before) checkDefaultsByRules(schema, *compiled, root, findings);
  if (findings.causes().size() != before) return nullptr;
  return compiled;
}

std::shared_ptr<const CompiledSchema> compileChecked(SchemaReader schema) {
  Findings ignored;
  if (!checkSchemaLimits(schema, Trail(), ignored)) return nullptr;
  auto compiled = SchemaCompiler::compile(schema);
  compiled->keepRules(compileRules(schema, Trail(), ignored));
  return compiled;
}

}  // namespace cleat::kinds::extensions
