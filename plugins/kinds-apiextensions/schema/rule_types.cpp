#include "kinds-apiextensions/schema/rule_types.h"

#include <algorithm>
#include <array>

namespace cleat::kinds::extensions {

namespace {

constexpr int64_t kMostDuration = 32, kMostTime = 32, kDateSize = 12, kLeastTime = 21, kLeastDuration = 3;
constexpr int64_t kLeastText = 2, kLeastBoolean = 4, kLeastNumber = 1, kLeastObject = 2;

class RuleFields : public cel::ObjectSchema {
 public:
  std::optional<Field> field(std::string_view name) const override {
    auto found = fields.find(name);
    return found == fields.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, Field, std::less<>> fields;  // by their escaped names
};

uint64_t atLeastZero(int64_t size) { return size < 0 ? 0 : static_cast<uint64_t>(size); }

DeclaredType simple(const cel::TypeRef& type, int64_t most, int64_t least, Shape::Kind kind) {
  auto shape = std::make_unique<Shape>();
  shape->kind = kind;
  return {cel::types::withMaxSize(type, atLeastZero(most)), least, std::move(shape)};
}

int64_t mostCharacters(SchemaReader schema) {
  if (schema.hasMaxLength())
    return static_cast<int64_t>(std::min<uint64_t>(atLeastZero(schema.getMaxLength().getValue()), 1ull << 60) * 4);
  return kMostRequestBytes - 2;
}

// The longest that an enumeration names.
int64_t longestOf(SchemaReader schema) {
  int64_t longest = 0;
  for (auto each : schema.getEnum()) {
    auto tree = JsonTree::parse(view(each.getRaw()));
    if (tree && tree->view().isText()) longest = std::max(longest, static_cast<int64_t>(tree->view().text().size()));
  }
  return longest;
}

DeclaredType declaredText(SchemaReader schema) {
  const std::string_view format = view(schema.getFormat());
  if (format == "byte") {
    const int64_t most = schema.hasMaxLength() ? schema.getMaxLength().getValue() : kMostRequestBytes - 2;
    return simple(cel::types::bytes(), most, kLeastText, Shape::Kind::bytes);
  }
  if (format == "duration") return simple(cel::types::duration(), kMostDuration, kLeastDuration, Shape::Kind::duration);
  if (format == "date") return simple(cel::types::timestamp(), kDateSize, kDateSize, Shape::Kind::date);
  if (format == "date-time") return simple(cel::types::timestamp(), kMostTime, kLeastTime, Shape::Kind::time);
  const bool enumerated = !schema.hasMaxLength() && schema.getEnum().size() > 0;
  return simple(cel::types::text(), enumerated ? longestOf(schema) : mostCharacters(schema), kLeastText,
                Shape::Kind::text);
}

DeclaredType declaredList(SchemaReader schema) {
  if (!schema.hasItems() || !schema.getItems().isSchema()) return {};
  SchemaReader items = schema.getItems().getSchema();
  DeclaredType element = declaredType(items, items.getXEmbeddedResource());
  if (!element.type) return {};
  const int64_t most =
      schema.hasMaxItems() ? schema.getMaxItems().getValue() : (kMostRequestBytes - 2) / (element.least + 1);
  auto shape = std::make_unique<Shape>();
  const std::string_view type = view(schema.getXListType());
  shape->kind = type == "set" ? Shape::Kind::set : type == "map" ? Shape::Kind::keyedList : Shape::Kind::list;
  for (auto name : schema.getXListMapKeys()) shape->keys.push_back(str(view(name)));
  shape->element = std::move(element.shape);
  return {cel::types::withMaxSize(cel::types::list(element.type), atLeastZero(most)), kLeastObject, std::move(shape)};
}

DeclaredType declaredMap(SchemaReader schema) {
  SchemaReader values = schema.getAdditionalProperties().getSchema();
  DeclaredType value = declaredType(values, values.getXEmbeddedResource());
  if (!value.type) return {};
  const int64_t most =
      schema.hasMaxProperties() ? schema.getMaxProperties().getValue() : (kMostRequestBytes - 2) / (value.least + 6);
  auto shape = std::make_unique<Shape>();
  shape->kind = Shape::Kind::map;
  shape->element = std::move(value.shape);
  // Keys count as empty, as in Kubernetes' estimate: many a definition in use has rules about keys of any length.
  auto key = cel::types::withMaxSize(cel::types::text(), 0);
  return {cel::types::withMaxSize(cel::types::map(key, value.type), atLeastZero(most)), kLeastObject, std::move(shape)};
}

class ObjectDeclaration {
 public:
  DeclaredType declare(SchemaReader schema, bool isRoot) {
    shape_->kind = Shape::Kind::object;
    std::vector<std::string_view> required;
    for (auto name : schema.getRequired()) required.push_back(view(name));
    for (auto property : schema.getProperties()) {
      const std::string_view name = view(property.getKey());
      if (isRoot && (name == "apiVersion" || name == "kind" || name == "metadata")) continue;
      SchemaReader each = property.getValue();
      const bool isRequired = std::ranges::find(required, name) != required.end() && !each.hasDefault();
      add(name, declaredType(each, each.getXEmbeddedResource()), isRequired);
    }
    if (isRoot) addImplied();
    auto type = cel::types::object("object", fields_);
    return {cel::types::withMaxSize(type, 0), least_, std::move(shape_)};
  }

 private:
  void add(std::string_view name, DeclaredType declared, bool isRequired) {
    if (!declared.type) return;
    if (isRequired) least_ += static_cast<int64_t>(name.size()) + declared.least + 4;
    if (std::string escaped = escapedName(name); !escaped.empty()) {
      fields_->fields.emplace(std::move(escaped), cel::ObjectSchema::Field{declared.type, str(name)});
    }
    shape_->fields.emplace(str(name), std::move(declared.shape));
  }

  static DeclaredType plainText() {
    return simple(cel::types::text(), kMostRequestBytes - 2, kLeastText, Shape::Kind::text);
  }

  // Of the metadata rules see the name and generateName alone.
  void addImplied() {
    add("apiVersion", plainText(), false);
    add("kind", plainText(), false);
    ObjectDeclaration metadata;
    metadata.shape_->kind = Shape::Kind::object;
    metadata.add("name", plainText(), false);
    metadata.add("generateName", plainText(), false);
    auto type = cel::types::withMaxSize(cel::types::object("object", metadata.fields_), 0);
    add("metadata", {type, kLeastObject, std::move(metadata.shape_)}, false);
  }

  std::shared_ptr<RuleFields> fields_ = std::make_shared<RuleFields>();
  std::unique_ptr<Shape> shape_ = std::make_unique<Shape>();
  int64_t least_ = kLeastObject;
};

}  // namespace

DeclaredType declaredType(SchemaReader schema, bool isRoot) {
  if (schema.getXIntOrString())
    return simple(cel::types::dyn(), mostCharacters(schema), kLeastNumber, Shape::Kind::any);
  const std::string_view type = view(schema.getType());
  if (type == "array") return declaredList(schema);
  if (type == "object" || isRoot) {
    if (schema.hasAdditionalProperties() && schema.getAdditionalProperties().isSchema()) return declaredMap(schema);
    return ObjectDeclaration().declare(schema, isRoot);
  }
  if (type == "string") return declaredText(schema);
  if (type == "boolean") return simple(cel::types::boolean(), 0, kLeastBoolean, Shape::Kind::boolean);
  if (type == "number") return simple(cel::types::floating(), 0, kLeastNumber, Shape::Kind::number);
  if (type == "integer") return simple(cel::types::integer(), 0, kLeastNumber, Shape::Kind::integer);
  return {};
}

std::string escapedName(std::string_view name) {
  static constexpr std::array<std::string_view, 21> kReserved{
      "true", "false",  "null", "in",   "as",      "break",     "const",  "continue", "else", "for",  "function",
      "if",   "import", "let",  "loop", "package", "namespace", "return", "var",      "void", "while"};
  if (std::ranges::find(kReserved, name) != kReserved.end()) return concat("__", name, "__");
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (name.substr(i, 2) == "__") {
      out += "__underscores__";
      ++i;
    } else if (letter || c == '_' || (c >= '0' && c <= '9' && i > 0)) {
      out += c;
    } else if (c == '.' || c == '-' || c == '/') {
      out += c == '.' ? "__dot__" : c == '-' ? "__dash__" : "__slash__";
    } else {
      return {};
    }
  }
  return out;
}

}  // namespace cleat::kinds::extensions
