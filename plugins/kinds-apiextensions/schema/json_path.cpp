// What a JSON path leads to.
#include "kinds-apiextensions/schema/json_path.h"

#include <capnp/message.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <cmath>

#include "kinds-apiextensions/schema/causes.h"
#include "kinds-apiextensions/schema/json_path_steps.h"
#include "kinds-common/cells.h"

namespace cleat::kinds::extensions {

namespace {

using Kind = JsonPathStep::Kind;
using Compare = JsonPathStep::Compare;
using Values = std::vector<JsonView>;
using Builder = open_v1::JsonValue::Builder;

constexpr size_t kMostSteps = 200'000;

// Evaluates on one object. Each step makes new values out of those that the steps before it have made.
class Evaluation {
 public:
  // Nothing if it cannot be done, or takes too long.
  std::optional<Values> run(const JsonPathSteps& steps, Values values, size_t first = 0) {
    for (size_t i = first; i < steps.size(); ++i) {
      Values next;
      if (!step(steps[i], values, next)) return std::nullopt;
      values = std::move(next);
    }
    return values;
  }

 private:
  bool count(size_t values = 1) {
    steps_ += values;
    return steps_ <= kMostSteps;
  }

  bool step(const JsonPathStep& step, const Values& values, Values& out) {
    if (step.kind == Kind::unionOf) return unionOf(step, values, out);
    for (JsonView value : values) {
      if (!count()) return false;
      bool possible = true;
      switch (step.kind) {
        case Kind::member:
          if (auto member = value.member(step.name)) out.push_back(*member);
          break;
        case Kind::wildcard: possible = items(value, out); break;
        case Kind::elements: possible = value.isNull() || elements(step, value, out); break;
        case Kind::descendants: possible = descendants(value, out); break;
        case Kind::filter: possible = filter(step, value, out); break;
        case Kind::unionOf: break;
      }
      if (!possible) return false;
    }
    return true;
  }

  bool items(JsonView value, Values& out) {
    if (!count(value.items().size())) return false;
    for (JsonView item : value.items()) out.push_back(item);
    return true;
  }

  bool unionOf(const JsonPathStep& step, const Values& values, Values& out) {
    for (const JsonPathSteps& path : step.paths) {
      auto found = run(path, values);
      if (!found) return false;
      out.insert(out.end(), found->begin(), found->end());
    }
    return true;
  }

  bool elements(const JsonPathStep& step, JsonView value, Values& out) {
    if (!value.isList()) return false;
    const auto size = static_cast<int64_t>(value.items().size());
    int64_t from = step.from.value_or(0), stride = step.stride.value_or(1);
    if (from < 0) from += size;
    int64_t to = step.single ? from + 1 : step.to.value_or(size);
    if (to < 0) to += size;
    if (from == to) return true;
    if (from < 0 || from >= size || to < 0 || to > size || from > to || stride <= 0) return false;
    for (int64_t i = from; i < to; i += std::min(stride, size)) {
      if (!count()) return false;
      out.push_back(value.items()[static_cast<uint32_t>(i)]);
    }
    return true;
  }

  // The value, what is in it, and so on.
  bool descendants(JsonView value, Values& out) {
    if (!count()) return false;
    if (value.items().size() == 0) return true;
    out.push_back(value);
    for (JsonView item : value.items()) {
      if (!descendants(item, out)) return false;
    }
    return true;
  }

  bool filter(const JsonPathStep& step, JsonView value, Values& out) {
    if (!value.isList()) return false;
    for (JsonView item : value.items()) {
      if (!count()) return false;
      auto left = run(step.paths[0], {item});
      if (step.compare == Compare::exists) {
        if (left && !left->empty()) out.push_back(item);
        continue;
      }
      if (!left || left->size() > 1) return false;
      if (left->empty()) continue;
      auto right = step.literal ? Values{step.literal->view()} : run(step.paths[1], {item}).value_or(Values());
      if (right.size() > 1) return false;
      if (right.empty()) continue;
      auto passes = compared(step.compare, left->front(), right.front());
      if (!passes) return false;
      if (*passes) out.push_back(item);
    }
    return true;
  }

  // Nothing for two values that cannot be compared like this.
  static std::optional<bool> compared(Compare compare, JsonView left, JsonView right) {
    const bool order = compare != Compare::equal && compare != Compare::notEqual;
    int result = 0;
    if (left.isText() && right.isText()) {
      result = left.text().compare(right.text());
    } else if (left.isNumber() && right.isNumber()) {
      result = sameJson(left, right) ? 0 : left.number() < right.number() ? -1 : 1;
    } else if (left.type() == JsonType::boolean && right.type() == JsonType::boolean && !order) {
      result = left.boolean() == right.boolean() ? 0 : 1;
    } else {
      return std::nullopt;
    }
    switch (compare) {
      case Compare::equal: return result == 0;
      case Compare::notEqual: return result != 0;
      case Compare::less: return result < 0;
      case Compare::lessOrEqual: return result <= 0;
      case Compare::greater: return result > 0;
      default: return result >= 0;
    }
  }

  size_t steps_ = 0;
};

void addText(Builder object, const char* name, capnp::Text::Reader text) {
  if (text.size() > 0) ensureMember(object, name).setText(text);
}

void addTexts(Builder object, const char* name, TextMapReader texts) {
  if (texts.size() == 0) return;
  Builder map = ensureMember(object, name);
  auto members = map.initObject(texts.size());  // in order, as these are
  for (uint32_t i = 0; i < texts.size(); ++i) {
    members[i].setName(texts[i].getKey());
    members[i].setText(texts[i].getValue());
  }
}

void addOwners(Builder metadata, capnp::List<meta_v1::OwnerReference>::Reader owners) {
  if (owners.size() == 0) return;
  auto list = ensureMember(metadata, "ownerReferences").initList(owners.size());
  for (uint32_t i = 0; i < owners.size(); ++i) {
    list[i].initObject(0);
    addText(list[i], "apiVersion", owners[i].getApiVersion());
    addText(list[i], "kind", owners[i].getKind());
    addText(list[i], "name", owners[i].getName());
    addText(list[i], "uid", owners[i].getUid());
    if (owners[i].hasController()) ensureMember(list[i], "controller").setBoolean(owners[i].getController().getValue());
    if (!owners[i].hasBlockOwnerDeletion()) continue;
    ensureMember(list[i], "blockOwnerDeletion").setBoolean(owners[i].getBlockOwnerDeletion().getValue());
  }
}

// The metadata as JSON, but for the managed fields; only the member of that name if one is given.
void fillMetadata(Builder to, meta_v1::ObjectMeta::Reader meta, std::string_view only) {
  auto wanted = [&](std::string_view name) { return only.empty() || only == name; };
  to.initObject(0);
  if (wanted("name")) addText(to, "name", meta.getName());
  if (wanted("generateName")) addText(to, "generateName", meta.getGenerateName());
  if (wanted("namespace")) addText(to, "namespace", meta.getNamespace());
  if (wanted("uid")) addText(to, "uid", meta.getUid());
  if (wanted("creationTimestamp")) addText(to, "creationTimestamp", meta.getCreationTimestamp());
  if (wanted("deletionTimestamp")) addText(to, "deletionTimestamp", meta.getDeletionTimestamp());
  if (wanted("resourceVersion") && meta.getResourceVersion() != 0) {
    ensureMember(to, "resourceVersion").setText(std::to_string(meta.getResourceVersion()));
  }
  if (wanted("generation") && meta.getGeneration() != 0)
    ensureMember(to, "generation").setInteger(meta.getGeneration());
  if (wanted("deletionGracePeriodSeconds") && meta.hasDeletionGracePeriodSeconds()) {
    ensureMember(to, "deletionGracePeriodSeconds").setInteger(meta.getDeletionGracePeriodSeconds().getValue());
  }
  if (wanted("labels")) addTexts(to, "labels", meta.getLabels());
  if (wanted("annotations")) addTexts(to, "annotations", meta.getAnnotations());
  if (wanted("ownerReferences")) addOwners(to, meta.getOwnerReferences());
  if (wanted("finalizers") && meta.getFinalizers().size() > 0) {
    auto list = ensureMember(to, "finalizers").initList(meta.getFinalizers().size());
    for (uint32_t i = 0; i < list.size(); ++i) list[i].setText(meta.getFinalizers()[i]);
  }
}

// All of the object, for paths that do not begin with a name.
JsonTree wholeObject(const CustomObject& object) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  root.setObject(object.object.getMembers());
  ensureMember(root, "apiVersion").setText(str(object.apiVersion));
  ensureMember(root, "kind").setText(str(object.kind));
  fillMetadata(ensureMember(root, "metadata"), object.object.getMetadata(), {});
  return JsonTree(JsonView(root.asReader()));
}

JsonTree metadataFor(const JsonPathSteps& steps, const CustomObject& object) {
  std::string_view only;
  if (steps.size() > 1 && steps[1].kind == Kind::member) only = steps[1].name;
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  fillMetadata(root, object.object.getMetadata(), only);
  return JsonTree(JsonView(root.asReader()));
}

JsonTree textTree(std::string_view text) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  root.setText(str(text));
  return JsonTree(JsonView(root.asReader()));
}

ColumnCell dateCell(JsonView value, WallTime now) {
  if (!value.isText()) return {};
  if (value.text().empty() || value.text() == "null") return "<unknown>";
  auto time = parseTime(value.text());
  return time ? humanDuration(now - *time) : std::string("<invalid>");
}

std::string textCell(JsonView value) {
  if (value.isNull()) return "<no value>";
  return value.isText() ? str(value.text()) : shownJson(value);
}

}  // namespace

std::optional<FoundValue> JsonPath::first(const CustomObject& object) const {
  const JsonPathSteps& steps = *steps_;
  FoundValue found;
  size_t done = 1;
  if (steps.empty() || steps.front().kind != Kind::member) {
    found.owner = wholeObject(object);
    done = 0;
  } else if (steps.front().name == "metadata") {
    found.owner = metadataFor(steps, object);
  } else if (steps.front().name == "apiVersion" || steps.front().name == "kind") {
    found.owner = textTree(steps.front().name == "kind" ? object.kind : object.apiVersion);
  } else {
    auto member = findMember(object.object.getMembers(), steps.front().name);
    if (!member) return std::nullopt;
    found.value = *member;
  }
  const bool isMember = found.owner.view().isNull();
  auto values = Evaluation().run(steps, {isMember ? found.value : found.owner.view()}, done);
  if (!values || values->empty()) return std::nullopt;
  found.value = values->front();
  return found;
}

ColumnCell columnCell(const JsonPath& path, std::string_view type, const CustomObject& object, WallTime now) {
  auto found = path.first(object);
  if (!found) return {};
  JsonView value = found->value;
  if (type == "string") return textCell(value);
  if (type == "date") return dateCell(value, now);
  if (type == "boolean" && value.type() == JsonType::boolean) return value.boolean();
  if (!value.isNumber()) return {};
  if (type == "number") return value.number();
  if (type != "integer") return {};
  auto integer = value.integer();
  if (!integer) integer = wholeNumber(std::trunc(value.number()));
  return integer ? ColumnCell(*integer) : ColumnCell();
}

}  // namespace cleat::kinds::extensions
