#include "kinds-apiextensions/scale.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>

#include <expected>
#include <limits>
#include <optional>

namespace cleat::kinds::extensions {

namespace {

using open_v1::OpenObject;

std::string pathText(const MemberPath& path) {
  std::string text;
  for (const std::string& name : path) appendTo(text, concat(".", name));
  return text;
}

// As Kubernetes names the types of JSON.
std::string_view typeName(JsonView value) {
  switch (value.type()) {
    case JsonType::null: return "<nil>";
    case JsonType::boolean: return "bool";
    case JsonType::integer: return "int64";
    case JsonType::number: return "float64";
    case JsonType::text: return "string";
    case JsonType::list: return "[]interface {}";
    case JsonType::object: return "map[string]interface {}";
  }
  return "";
}

std::unexpected<std::string> otherType(const MemberPath& path, JsonView value, std::string_view expected) {
  const std::string shown = value.isText() ? str(value.text()) : value.isNull() ? "<nil>" : jsonText(value);
  return std::unexpected(
      concat(pathText(path), " accessor error: ", shown, " is of the type ", typeName(value), ", expected ", expected));
}

using Found = std::expected<std::optional<JsonView>, std::string>;

// Nothing where the way ends early.
Found valueAt(OpenObject::Reader object, const MemberPath& path) {
  std::optional<JsonView> value;
  for (size_t i = 0; i < path.size(); ++i) {
    if (i > 0 && value->isNull()) return std::nullopt;
    if (i > 0 && !value->isObject()) {
      return otherType(MemberPath(path.begin(), path.begin() + static_cast<ptrdiff_t>(i)), *value,
                       "map[string]interface{}");
    }
    value = i == 0 ? findMember(object.getMembers(), path[0]) : value->member(path[i]);
    if (!value) return std::nullopt;
  }
  return value;
}

std::expected<std::optional<int64_t>, std::string> integerAt(OpenObject::Reader object, const MemberPath& path) {
  Found found = valueAt(object, path);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  std::optional<int64_t> integer = (*found)->integer();
  if (!integer) return otherType(path, **found, "int64");
  return integer;
}

std::expected<std::string, std::string> textAt(OpenObject::Reader object, const MemberPath& path) {
  Found found = valueAt(object, path);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::string();
  if (!(*found)->isText()) return otherType(path, **found, "string");
  return str((*found)->text());
}

std::unexpected<Status> internal(std::string_view why) {
  return fail(Status::internal(concat("Internal error occurred: ", why)));
}

void checkReplicas(OpenObject::Reader object, const MemberPath& memberPath, Findings& findings) {
  const Path path(pathText(memberPath));
  auto replicas = integerAt(object, memberPath);
  if (!replicas) {
    findings.invalid(path, 0, replicas.error());
  } else if (replicas->value_or(0) < 0) {
    findings.invalid(path, **replicas, "should be a non-negative integer");
  } else if (replicas->value_or(0) > std::numeric_limits<int32_t>::max()) {
    findings.invalid(path, **replicas, "should be less than or equal to 2147483647");
  }
}

}  // namespace

MemberPath memberPathOf(std::string_view text) {
  MemberPath path;
  while (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view name = text.substr(0, text.find('.'));
    path.emplace_back(name);
    text.remove_prefix(name.size());
  }
  return path;
}

ScalePaths::ScalePaths(apiextensions_v1::CustomResourceSubresourceScale::Reader scale)
    : specReplicas(memberPathOf(view(scale.getSpecReplicasPath()))),
      statusReplicas(memberPathOf(view(scale.getStatusReplicasPath()))),
      selector(memberPathOf(view(scale.getLabelSelectorPath()))) {}

Result<AnyRef> scaleOf(const Object<OpenObject>& object, const ScalePaths& paths, bool forWrite) {
  auto specReplicas = integerAt(*object, paths.specReplicas);
  if (!specReplicas) return internal(specReplicas.error());
  if (!*specReplicas && !forWrite) {
    return internal(concat("the spec replicas field \"", pathText(paths.specReplicas), "\" does not exist"));
  }
  auto statusReplicas = integerAt(*object, paths.statusReplicas);
  if (!statusReplicas) return internal(statusReplicas.error());
  auto selector = paths.selector.empty() ? std::string() : textAt(*object, paths.selector);
  if (!selector) return internal(selector.error());

  Draft<autoscaling_v1::Scale> scale;
  auto meta = scale.meta();
  auto from = object->getMetadata();
  meta.setName(from.getName());
  meta.setNamespace(from.getNamespace());
  meta.setUid(from.getUid());
  meta.setResourceVersion(object.revision());
  meta.setCreationTimestamp(from.getCreationTimestamp());
  scale->getSpec().setReplicas(static_cast<int32_t>(specReplicas->value_or(0)));
  scale->getStatus().setReplicas(static_cast<int32_t>(statusReplicas->value_or(0)));
  if (!selector->empty()) scale->getStatus().setSelector(*selector);
  return std::move(scale).freezeAny();
}

AnyRef scaled(const Object<OpenObject>& object, const ScalePaths& paths, int32_t replicas) {
  Draft<OpenObject> draft(object);
  open_v1::JsonValue::Builder value = ensureMember(*draft, paths.specReplicas.front());
  for (size_t i = 1; i < paths.specReplicas.size(); ++i) value = ensureMember(value, paths.specReplicas[i]);
  value.setInteger(replicas);
  return std::move(draft).freezeAny();
}

void checkScaleFields(OpenObject::Reader object, const ScalePaths& paths, bool isStatus, Findings& findings) {
  if (!isStatus) checkReplicas(object, paths.specReplicas, findings);
  checkReplicas(object, paths.statusReplicas, findings);
  if (paths.selector.empty()) return;
  auto selector = textAt(object, paths.selector);
  if (!selector) findings.invalid(Path(pathText(paths.selector)), "", selector.error());
}

}  // namespace cleat::kinds::extensions
