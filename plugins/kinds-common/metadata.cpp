#include "kinds-common/metadata.h"

#include <capnp/dynamic.h>

#include <cctype>

#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr size_t kAnnotationsLimit = 256u << 10;

// {"apiVersion":"v1","kind":"Pod","name":"x","uid":"u","controller":true}, as the API shows it.
std::string shown(meta_v1::OwnerReference::Reader owner) {
  const auto member = [](const char* name, std::string_view text) { return concat('"', name, "\":", jsonText(text)); };
  const auto flag = [](const char* name, bool isThere, auto value) {
    return isThere ? concat(",\"", name, "\":", value.getValue() ? "true" : "false") : std::string();
  };
  return concat("{", member("apiVersion", view(owner.getApiVersion())), ",", member("kind", view(owner.getKind())), ",",
                member("name", view(owner.getName())), ",", member("uid", view(owner.getUid())),
                flag("controller", owner.hasController(), owner.getController()),
                flag("blockOwnerDeletion", owner.hasBlockOwnerDeletion(), owner.getBlockOwnerDeletion()), "}");
}

Shown shown(capnp::List<meta_v1::OwnerReference>::Reader owners) {
  std::string all;
  for (auto owner : owners) all += concat(all.empty() ? "" : ",", shown(owner));
  return Shown::plain(concat("[", all, "]"));
}

void checkOwners(capnp::List<meta_v1::OwnerReference>::Reader owners, const Path& path, Findings& findings) {
  std::string controller;
  for (uint32_t i = 0; i < owners.size(); ++i) {
    auto owner = owners[i];
    const Path at = path[i];
    std::string_view apiVersion = view(owner.getApiVersion());
    auto require = [&](const char* field, std::string_view value) {
      if (value.empty()) findings.required(at / field, "must not be empty");
    };
    require("apiVersion", apiVersion);
    if (apiVersion.ends_with('/') || apiVersion.find('/') != apiVersion.rfind('/')) {
      findings.invalid(at / "apiVersion", apiVersion, "must be <group>/<version> or <version>");
    }
    require("kind", view(owner.getKind()));
    require("name", view(owner.getName()));
    require("uid", view(owner.getUid()));
    if (apiVersion == "v1" && view(owner.getKind()) == "Event") {
      findings.invalid(at, Shown::plain(shown(owner)), "/v1, Kind=Event is disallowed from being an owner");
    }
    if (!valueOr(owner.getController(), false)) continue;
    std::string name = concat(owner.getKind(), "/", owner.getName());
    if (controller.empty()) {
      controller = std::move(name);
    } else {
      findings.invalid(path, shown(owners),
                       concat("Only one reference can have Controller set to true. Found \"true\" in references for ",
                              controller, " and ", name));
    }
  }
}

void checkRequirement(meta_v1::LabelSelectorRequirement::Reader requirement, const Path& path, Findings& findings) {
  std::string_view op = view(requirement.getOperator());
  auto values = requirement.getValues();
  if (op == "In" || op == "NotIn") {
    if (values.size() == 0) {
      findings.required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (op == "Exists" || op == "DoesNotExist") {
    if (values.size() > 0) {
      findings.forbidden(path / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else {
    findings.invalid(path / "operator", op, "not a valid selector operator");
  }
  checkLabelName(view(requirement.getKey()), path / "key", findings);
  for (uint32_t i = 0; i < values.size(); ++i) {
    Wrongs wrongs = wrongLabelValue(view(values[i]));
    if (!wrongs.empty()) findings.invalidEach((path / "values")[i], values[i], wrongs);
  }
}

}  // namespace

void checkLabelName(std::string_view name, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongQualifiedName(name);
  if (!wrongs.empty()) findings.invalidEach(path, name, wrongs);
}

void checkLabels(TextMapReader labels, const Path& path, Findings& findings) {
  for (auto label : labels) {
    checkLabelName(view(label.getKey()), path, findings);
    Wrongs wrongs = wrongLabelValue(view(label.getValue()));
    if (!wrongs.empty()) findings.invalidEach(path, label.getValue(), wrongs);
  }
}

void checkAnnotations(TextMapReader annotations, const Path& path, Findings& findings) {
  size_t total = 0;
  for (auto annotation : annotations) {
    Wrongs wrongs = wrongQualifiedName(lowerCase(view(annotation.getKey())));
    if (!wrongs.empty()) findings.invalidEach(path, annotation.getKey(), wrongs);
    total += annotation.getKey().size() + annotation.getValue().size();
  }
  if (total > kAnnotationsLimit) findings.tooLong(path, kAnnotationsLimit);
}

bool isStandardFinalizer(std::string_view name) {
  return name == "kubernetes" || name == "orphan" || name == "foregroundDeletion";
}

void checkFinalizers(capnp::List<capnp::Text>::Reader finalizers, const Path& path, Findings& findings,
                     FinalizerNames names) {
  for (uint32_t i = 0; i < finalizers.size(); ++i) {
    std::string_view name = view(finalizers[i]);
    findings.invalidEach(path, name, wrongQualifiedName(name));
    if (names == FinalizerNames::known && name.find('/') == std::string_view::npos && !isStandardFinalizer(name)) {
      findings.invalid(path[i], name, "name is neither a standard finalizer name nor is it fully qualified");
    }
  }
  if (contains(finalizers, "orphan") && contains(finalizers, "foregroundDeletion")) {
    findings.invalid(path, Shown::list(strings(finalizers)),
                     "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

void checkMetadata(meta_v1::ObjectMeta::Reader meta, const Path& path, Findings& findings, FinalizerNames finalizers) {
  if (meta.getLabels().size() > 0) checkLabels(meta.getLabels(), path / "labels", findings);
  if (meta.getAnnotations().size() > 0) checkAnnotations(meta.getAnnotations(), path / "annotations", findings);
  if (meta.getOwnerReferences().size() > 0) checkOwners(meta.getOwnerReferences(), path / "ownerReferences", findings);
  if (meta.getFinalizers().size() > 0) {
    checkFinalizers(meta.getFinalizers(), path / "finalizers", findings, finalizers);
  }
}

void checkLabelSelector(meta_v1::LabelSelector::Reader selector, const Path& path, Findings& findings) {
  checkLabels(selector.getMatchLabels(), path / "matchLabels", findings);
  auto expressions = selector.getMatchExpressions();
  for (uint32_t i = 0; i < expressions.size(); ++i) {
    checkRequirement(expressions[i], (path / "matchExpressions")[i], findings);
  }
}

void takeMetadata(meta_v1::ObjectMeta::Builder to, meta_v1::ObjectMeta::Reader from) {
  capnp::DynamicStruct::Builder target = to;
  capnp::DynamicStruct::Reader source = from;
  for (const char* field : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    if (source.has(field)) {
      target.set(field, source.get(field));
    } else {
      target.clear(field);
    }
  }
}

bool isEmptySelector(meta_v1::LabelSelector::Reader selector) {
  return selector.getMatchLabels().size() == 0 && selector.getMatchExpressions().size() == 0;
}

Shown shownMap(TextMapReader map) {
  if (map.size() == 0) return Shown::null();
  std::string out;
  for (auto entry : map) {
    appendTo(out,
             concat(out.empty() ? '{' : ',', jsonText(view(entry.getKey())), ':', jsonText(view(entry.getValue()))));
  }
  return Shown::plain(out + "}");
}

Shown shownSelector(meta_v1::LabelSelector::Reader selector) {
  std::string out;
  if (selector.getMatchLabels().size() > 0)
    out = concat("\"matchLabels\":", shownMap(selector.getMatchLabels()).text());
  if (selector.getMatchExpressions().size() == 0) return Shown::plain(concat('{', out, '}'));
  out += out.empty() ? "\"matchExpressions\":[" : ",\"matchExpressions\":[";
  const char* separator = "";
  for (auto expression : selector.getMatchExpressions()) {
    appendTo(out, concat(separator, "{\"key\":", jsonText(view(expression.getKey())),
                         ",\"operator\":", jsonText(view(expression.getOperator()))));
    if (expression.getValues().size() > 0) {
      appendTo(out, concat(",\"values\":", Shown::list(strings(expression.getValues())).text()));
    }
    out += '}';
    separator = ",";
  }
  return Shown::plain(concat('{', out, "]}"));
}

}  // namespace cleat::kinds
