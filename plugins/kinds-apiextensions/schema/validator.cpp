#include "kinds-apiextensions/schema/validator.h"

#include <capnp/message.h>

#include <unordered_map>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

namespace {

// Saying what is wrong takes longer than finding it.
constexpr size_t kStepsForCause = 16;
constexpr size_t kBytesOfStep = 64;

JsonTree impliedMembers(const CustomObject& of) {
  capnp::MallocMessageBuilder message;
  auto object = message.initRoot<open_v1::JsonValue>();
  ensureMember(object, "apiVersion").setText(str(of.apiVersion));
  ensureMember(object, "kind").setText(str(of.kind));
  auto metadata = ensureMember(object, "metadata");
  metadata.initObject(0);
  auto meta = of.object.getMetadata();
  if (meta.getName().size() > 0) ensureMember(metadata, "name").setText(meta.getName());
  if (meta.getGenerateName().size() > 0) ensureMember(metadata, "generateName").setText(meta.getGenerateName());
  return JsonTree(JsonView(object.asReader()));
}

}  // namespace

JsonView RootObject::implied(std::string_view name) const {
  if (!implied_) implied_ = impliedMembers(of);
  return implied_->view().member(name).value_or(JsonView());
}

std::optional<JsonView> Validated::member(std::string_view name) const {
  if (root == nullptr) return json.member(name);
  if (RootObject::isImplied(name)) return root->implied(name);
  return findMember(root->members, name);
}

bool same(const Validated& a, const Validated& b) {
  if (a.root == nullptr || b.root == nullptr) return sameJson(a.json, b.json);
  return sameMembers(a.root->members, b.root->members) &&
         sameJson(a.root->implied("metadata"), b.root->implied("metadata"));
}

// An alternative is tried with errors of its own, which count only if none is better.
struct Validator::Attempts {
  Validator& validator;
  const Validated& value;
  const Trail& at;

  uint32_t attempt(uint32_t place, Causes& causes) const {
    // What an alternative says of parts that are as they were counts: only the whole can be as it was.
    uint32_t passed = validator.value(validator.schema_.node(place), value, nullptr, at, causes);
    // The next value is what finds that there are none left.
    (void)validator.step(kStepsForCause * causes.size() + causes.bytes() / kBytesOfStep);
    return passed;
  }
  std::string name() const { return quoted(at.text(TrailKeys::dotted)); }
};

void Validator::run(const SchemaNode& node, const Validated& checked, const Validated* old, Causes& causes) {
  const Trail root;
  (void)value(node, checked, old, root, causes);
  if (old != nullptr && !causes.empty() && same(checked, *old)) causes.dropFrom(0);
}

uint32_t Validator::child(const SchemaNode& node, JsonView checked, std::optional<JsonView> old, const Trail& at,
                          Causes& causes) {
  if (!old) return value(node, checked, nullptr, at, causes);
  const size_t before = causes.size();
  const Validated oldValue(*old);
  uint32_t passed = value(node, checked, &oldValue, at, causes);
  if (causes.size() > before && sameJson(checked, *old)) causes.dropFrom(before);
  return passed;
}

uint32_t Validator::value(const SchemaNode& node, const Validated& checked, const Validated* old, const Trail& at,
                          Causes& causes) {
  if (!step()) return 0;
  const RuleTarget target{schema_, node, at};
  const JsonType type = checked.type();
  const SchemaRule* enumeration = node.rules.count > 0 ? schema_.rule(node, SchemaRule::enumeration) : nullptr;
  if (type == JsonType::null) {
    uint32_t passed = checkType(target, type, checked.json, causes);
    if (enumeration != nullptr) checkEnumeration(target, *enumeration, checked.json, causes);
    return passed;
  }
  uint32_t passed = 3;  // the value, its alternatives and its enumeration
  if (node.types != 0 || node.format != Format::none) passed += checkType(target, type, checked.json, causes) + 1;
  passed += node.rules.count > 0 ? alternatives(node, checked, at, causes) : 1;
  if (type == JsonType::text) {
    ++passed;
    if (node.rules.count > 0 && step(stepsForText(schema_, node, checked.json.text().size()))) {
      checkText(target, checked.json.text(), causes);
    }
    if (node.format != Format::none) {
      ++passed;
      checkFormat(target, checked.json.text(), causes);
    }
  } else if (type == JsonType::integer || type == JsonType::number) {
    passed += 2;
    checkNumber(target, checked.json, causes);
  } else if (type == JsonType::list) {
    passed += list(node, checked, old, at, causes) + 1;
  }
  if (enumeration != nullptr) checkEnumeration(target, *enumeration, checked.json, causes);
  if (type == JsonType::object) passed += object(node, checked, old, at, causes) + 1;
  return passed;
}

uint32_t Validator::alternatives(const SchemaNode& node, const Validated& checked, const Trail& at, Causes& causes) {
  const Attempts attempts{*this, checked, at};
  uint32_t passed = 1;
  for (const SchemaRule& rule : schema_.rules(node)) {
    switch (rule.kind) {
      case SchemaRule::anyOf: passed += anyOf(attempts, rule, causes); break;
      case SchemaRule::oneOf: passed += oneOf(attempts, rule, causes); break;
      case SchemaRule::allOf: passed += allOf(attempts, rule, causes); break;
      case SchemaRule::none: none(attempts, rule, causes); break;
      default: return passed;  // these stand at the beginning
    }
  }
  return passed;
}

uint32_t Validator::anyOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes) {
  std::optional<Causes> best;
  uint32_t most = 0;
  for (uint32_t place : schema_.alternatives(rule)) {
    Causes tried(causes.prefix());
    uint32_t passed = attempts.attempt(place, tried);
    if (tried.empty()) return passed;
    if (best && passed <= most) continue;
    best = std::move(tried);
    most = passed;
  }
  causes.general(concat(attempts.name(), " must validate at least one schema (anyOf)"));
  if (best) causes.merge(*std::move(best));
  return most;
}

uint32_t Validator::oneOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes) {
  std::optional<Causes> best;
  uint32_t most = 0, valid = 0, firstPassed = 0;
  for (uint32_t place : schema_.alternatives(rule)) {
    Causes tried(causes.prefix());
    uint32_t passed = attempts.attempt(place, tried);
    if (tried.empty()) {
      if (valid++ == 0) firstPassed = passed;
      best.reset();
    } else if (valid == 0 && (!best || passed > most)) {
      best = std::move(tried);
      most = passed;
    }
  }
  if (valid == 1) return firstPassed;
  causes.general(concat(attempts.name(), " must validate one and only one schema (oneOf). ",
                        valid == 0 ? "Found none valid" : concat("Found ", valid, " valid alternatives")));
  if (!best) return 0;
  causes.merge(*std::move(best));
  return most;
}

uint32_t Validator::allOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes) {
  uint32_t passed = 0, valid = 0;
  for (uint32_t place : schema_.alternatives(rule)) {
    Causes tried(causes.prefix());
    passed += attempts.attempt(place, tried);
    valid += tried.empty() ? 1 : 0;
    causes.merge(std::move(tried));
  }
  if (valid < rule.range.count) {
    causes.general(
        concat(attempts.name(), " must validate all the schemas (allOf)", valid == 0 ? ". None validated" : ""));
  }
  return passed;
}

void Validator::none(const Attempts& attempts, const SchemaRule& rule, Causes& causes) {
  Causes tried(causes.prefix());
  (void)attempts.attempt(rule.range.first, tried);
  if (tried.empty()) causes.general(concat(attempts.name(), " must not validate the schema (not)"));
}

uint32_t Validator::list(const SchemaNode& node, const Validated& checked, const Validated* old, const Trail& at,
                         Causes& causes) {
  uint32_t passed = 1;
  JsonList items = checked.items();
  if (const SchemaNode* itemNode = schema_.itemsOf(node)) {
    // Only of elements that have a key can be said which old element they were.
    std::unordered_map<std::string, JsonView> oldByKey;
    if (old != nullptr && node.listType == ListType::map && old->json.isList()) {
      for (JsonView item : old->json.items()) {
        if (auto key = mapKeyOf(schema_, node, item)) oldByKey.emplace(*std::move(key), item);
      }
    }
    for (uint32_t i = 0; i < items.size() && !causes.full() && !gaveUp(); ++i) {
      std::optional<JsonView> oldItem;
      if (!oldByKey.empty()) {
        auto key = mapKeyOf(schema_, node, items[i]);
        auto found = key ? oldByKey.find(*key) : oldByKey.end();
        if (found != oldByKey.end()) oldItem = found->second;
      }
      passed += child(*itemNode, items[i], oldItem, Trail(&at, i), causes);
    }
  }
  checkItemCount({schema_, node, at}, items.size(), causes);
  return passed;
}

uint32_t Validator::object(const SchemaNode& node, const Validated& checked, const Validated* old, const Trail& at,
                           Causes& causes) {
  if (node.rules.count > 0) checkMemberCount({schema_, node, at}, checked.size(), causes);
  uint32_t passed = members(node, checked, old, at, causes);
  if (const SchemaRule* required = schema_.rule(node, SchemaRule::required)) {
    for (SchemaRange range : schema_.names(*required)) {
      std::string_view name = schema_.text(range);
      if (!checked.has(name)) causes.required(Trail(&at, name));
    }
  }
  return passed;
}

uint32_t Validator::members(const SchemaNode& node, const Validated& checked, const Validated* old, const Trail& at,
                            Causes& causes) {
  uint32_t passed = 0;
  const SchemaNode* additional = schema_.additionalOf(node);
  auto oldMember = [&](std::string_view name) { return old != nullptr ? old->member(name) : std::nullopt; };
  if (checked.root != nullptr) {
    static constexpr std::string_view kMetadata = "metadata";
    for (std::string_view name : {std::string_view("apiVersion"), std::string_view("kind"), kMetadata}) {
      const SchemaNode* property = schema_.property(node, name);
      // Most schemas say of these no more than their types, which they have.
      if (property == nullptr || (property->rules.count == 0 && property->properties.count == 0)) continue;
      const bool canBeOld = old != nullptr && name == kMetadata;  // the others are not what was sent
      passed += child(*property, checked.root->implied(name), canBeOld ? old->member(name) : std::nullopt,
                      Trail(&at, name), causes);
    }
  }
  for (JsonView member : checked.items()) {
    if (causes.full() || gaveUp()) break;
    std::string_view name = member.name();
    if (const SchemaNode* property = schema_.property(node, name)) {
      passed += child(*property, member, oldMember(name), Trail(&at, name), causes);
    } else if (node.has(SchemaNode::closed)) {
      causes.invalid(at, quoted(name),
                     concat(at.text(TrailKeys::dotted), ".", name, " in body is a forbidden property"));
    } else if (additional != nullptr) {
      passed += child(*additional, member, oldMember(name), Trail(&at, name, Trail::Step::key), causes);
    }
  }
  return passed;
}

}  // namespace cleat::kinds::extensions
