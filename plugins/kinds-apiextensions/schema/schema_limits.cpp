// Limits against schemas that are made to cost. Those of real kinds stay far below them.
#include <map>

#include "kinds-apiextensions/schema/schema_check.h"

namespace cleat::kinds::extensions {

namespace {

constexpr size_t kMostDepth = 64;
constexpr size_t kMostParts = 100'000;
constexpr size_t kMostNameBytes = 4096;  // it is in the path of whatever is wrong below it
// Of all regular expressions together, in RE2's instructions. One that does not compile has cost about as much as the
// largest that does.
constexpr size_t kMostInstructions = 1'000'000;
constexpr size_t kCostOfFailure = 350'000;

class Limits {
 public:
  explicit Limits(Findings& findings) : findings_(findings) {}

  bool check(SchemaReader schema, const Trail& at, size_t depth) {
    if (depth > kMostDepth) return refuse(at, concat("must not be nested deeper than ", kMostDepth, " schemas"));
    parts_ += 1 + schema.getEnum().size() + schema.getRequired().size() + schema.getXListMapKeys().size();
    if (parts_ > kMostParts) return refuse(at, concat("must not have more than ", kMostParts, " parts"));
    return pattern(schema, at) && lists(schema, at, depth) && maps(schema, at, depth) && single(schema, at, depth);
  }

 private:
  bool refuse(const Trail& at, std::string_view why) {
    findings_.forbidden(pathOf(at), why);
    return false;
  }

  bool pattern(SchemaReader schema, const Trail& at) {
    std::string_view expression = view(schema.getPattern());
    if (expression.empty() || !known_.try_emplace(str(expression)).second) return true;
    const Trail where = member(at, "pattern");
    if (expression.size() > Pattern::kMostBytes) {
      return refuse(where, concat("must not be longer than ", Pattern::kMostBytes, " bytes"));
    }
    instructions_ += Pattern::check(expression).value_or(kCostOfFailure);
    if (instructions_ <= kMostInstructions) return true;
    return refuse(where, "the regular expressions of the schema are too large together");
  }

  bool lists(SchemaReader schema, const Trail& at, size_t depth) {
    const std::pair<const char*, capnp::List<apiextensions_v1::JSONSchemaProps>::Reader> all[] = {
        {"allOf", schema.getAllOf()}, {"anyOf", schema.getAnyOf()}, {"oneOf", schema.getOneOf()}};
    for (auto& [name, schemas] : all) {
      const Trail list = member(at, name);
      for (uint32_t i = 0; i < schemas.size(); ++i) {
        if (!check(schemas[i], Trail(&list, i), depth + 1)) return false;
      }
    }
    return true;
  }

  bool maps(SchemaReader schema, const Trail& at, size_t depth) {
    const Trail properties = member(at, "properties");
    for (auto property : schema.getProperties()) {
      if (property.getKey().size() > kMostNameBytes) {
        return refuse(properties, concat("must not have names longer than ", kMostNameBytes, " bytes"));
      }
      if (!check(property.getValue(), key(properties, view(property.getKey())), depth + 1)) return false;
    }
    return true;
  }

  // Those that are not supported in any case are not looked into.
  bool single(SchemaReader schema, const Trail& at, size_t depth) {
    if (schema.hasNot() && !check(schema.getNot(), member(at, "not"), depth + 1)) return false;
    if (schema.hasItems() && schema.getItems().isSchema() &&
        !check(schema.getItems().getSchema(), member(at, "items"), depth + 1)) {
      return false;
    }
    return !schema.hasAdditionalProperties() || !schema.getAdditionalProperties().isSchema() ||
           check(schema.getAdditionalProperties().getSchema(), member(at, "additionalProperties"), depth + 1);
  }

  Findings& findings_;
  size_t parts_ = 0, instructions_ = 0;
  std::map<std::string, bool> known_;
};

}  // namespace

bool checkSchemaLimits(SchemaReader schema, const Trail& at, Findings& findings) {
  return Limits(findings).check(schema, at, 1);
}

}  // namespace cleat::kinds::extensions
