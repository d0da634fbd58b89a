// Whether the defaults in a schema are values that the schema itself would let pass as they are.
#include "kinds-apiextensions/schema/rule_validator.h"
#include "kinds-apiextensions/schema/schema_check.h"
#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

namespace {

bool isMetaField(std::string_view name) { return name == "apiVersion" || name == "kind" || name == "metadata"; }

// Whether pruning would leave the value as it is. Without a node nothing is known of it.
bool isPruned(const CompiledSchema& schema, const SchemaNode* node, JsonView value) {
  const bool keepsUnknown = node != nullptr && node->has(SchemaNode::preservesUnknown);
  if (value.isList()) {
    const SchemaNode* items = node != nullptr ? schema.itemsOf(*node) : nullptr;
    if (keepsUnknown && items == nullptr) return true;
    for (JsonView item : value.items()) {
      if (!isPruned(schema, items, item)) return false;
    }
    return true;
  }
  if (!value.isObject()) return true;
  if (node == nullptr) return value.items().size() == 0;
  const bool isObject = node->has(SchemaNode::embedded) || node == &schema.root();
  for (JsonView member : value.items()) {
    if (isObject && isMetaField(member.name())) continue;
    if (const SchemaNode* property = schema.property(*node, member.name())) {
      if (!isPruned(schema, property, member)) return false;
    } else if (schema.additionalOf(*node) != nullptr || node->has(SchemaNode::open) || node->has(SchemaNode::closed)) {
      if (!isPruned(schema, schema.additionalOf(*node), member)) return false;
    } else if (!keepsUnknown) {
      return false;
    }
  }
  return true;
}

class Defaults {
 public:
  Defaults(const CompiledSchema& compiled, Findings& findings) : compiled_(compiled), findings_(findings) {}

  void check(SchemaReader schema, const SchemaNode& node, bool insideMeta, const Trail& at) {
    if (isEnough(findings_)) return;
    const bool embedded = node.has(SchemaNode::embedded) || &node == &compiled_.root();
    if (embedded) insideMeta = false;
    if (auto value = defaultOf(schema)) checkValue(node, value->view(), insideMeta, member(at, "default"));
    // Kubernetes does not look at what is in additionalProperties.
    const SchemaNode* items = compiled_.itemsOf(node);
    if (items != nullptr) check(schema.getItems().getSchema(), *items, insideMeta, member(at, "items"));
    const Trail properties = member(at, "properties");
    for (auto property : schema.getProperties()) {
      const std::string_view name = view(property.getKey());
      const SchemaNode* below = compiled_.property(node, name);
      if (below == nullptr) continue;
      check(property.getValue(), *below, insideMeta || (embedded && isMetaField(name)), key(properties, name));
    }
  }

 private:
  void checkValue(const SchemaNode& node, JsonView value, bool insideMeta, const Trail& at) {
    const std::string path = at.text(TrailKeys::bracketed);
    if (!insideMeta && !isPruned(compiled_, &node, value)) {
      findings_.invalid(Path(path), Shown::plain(shownJson(value)), "must not have unknown fields");
    }
    Causes causes(path);
    if (!insideMeta) {
      Trail root;
      root.name = path;
      if (&node == &compiled_.root() && value.isObject()) {
        Findings found;
        checkObjectMeta(value, Path(path), found);
        for (const StatusCause& cause : found.causes()) causes.add(cause.reason.c_str(), cause.field, cause.message);
      }
      checkEmbeddedObjects(compiled_, node, value, root, causes);
    }
    if (causes.empty()) {
      Validator validator(compiled_);
      validator.run(node, value, nullptr, causes);
      if (validator.gaveUp()) findings_.forbidden(Path(path), "validating the default takes too many steps");
    }
    for (StatusCause& cause : std::move(causes).take()) findings_.add(std::move(cause));
  }

  const CompiledSchema& compiled_;
  Findings& findings_;
};

class DefaultsByRules {
 public:
  explicit DefaultsByRules(const CompiledSchema& compiled) : compiled_(compiled) {}

  void check(SchemaReader schema, const SchemaNode& node, const RuleNode& rules, const Trail& at) {
    if (causes_.full()) return;
    if (auto value = defaultOf(schema)) checkValue(node, rules, value->view(), member(at, "default"));
    const SchemaNode* items = compiled_.itemsOf(node);
    if (items != nullptr && rules.items) {
      check(schema.getItems().getSchema(), *items, *rules.items, member(at, "items"));
    }
    const Trail properties = member(at, "properties");
    for (auto property : schema.getProperties()) {
      const std::string_view name = view(property.getKey());
      const SchemaNode* below = compiled_.property(node, name);
      const auto ruled = rules.properties.find(name);
      if (below == nullptr || ruled == rules.properties.end()) continue;
      check(property.getValue(), *below, *ruled->second, key(properties, name));
    }
  }

  void report(Findings& findings) && {
    for (StatusCause& cause : std::move(causes_).take()) findings.add(std::move(cause));
  }

 private:
  // It has to be good as what there was already, by rules that compare, and as something new.
  void checkValue(const SchemaNode& node, const RuleNode& rules, JsonView value, const Trail& at) {
    const Validated now(value);
    for (const Validated* old : {&now, static_cast<const Validated*>(nullptr)}) {
      validator_.runAt(rules, node, now, old, at);
    }
  }

  const CompiledSchema& compiled_;
  Causes causes_;
  std::vector<std::string> ignored_;  // what would be a warning in an update is an error of the new value
  RuleValidator validator_{compiled_, causes_, ignored_};
};

}  // namespace

void checkDefaultsByRules(SchemaReader schema, const CompiledSchema& compiled, const Trail& at, Findings& findings) {
  if (compiled.celRules() == nullptr) return;
  DefaultsByRules defaults(compiled);
  defaults.check(schema, compiled.root(), *compiled.celRules(), at);
  std::move(defaults).report(findings);
}

void checkDefaults(SchemaReader schema, const CompiledSchema& compiled, const Trail& at, Findings& findings) {
  Defaults(compiled, findings).check(schema, compiled.root(), false, at);
}

}  // namespace cleat::kinds::extensions
