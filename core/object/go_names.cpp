#include "core/object/go_names.h"

#include <cleat/sdk/text.h>

namespace cleat::object {

std::string internalName(const Kind& kind) {
  const std::string_view group = kind.group;
  return concat(group.empty() ? "core" : group.substr(0, group.find('.')), ".", kind.name);
}

std::string versionedName(std::string_view apiVersion, std::string_view name) {
  return concat(apiVersion.substr(apiVersion.find('/') + 1), ".", name);
}

std::string goTypeName(const Kind& kind, bool isList) {
  if (kind.open) return isList ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
  return concat("*", internalName(kind), isList ? "List" : "");
}

std::string unknownConversion(std::string_view apiVersion, std::string_view name, const Kind& wanted) {
  return concat("converting (", versionedName(apiVersion, name), ") to (", internalName(wanted),
                "): unknown conversion");
}

std::string notRegistered(std::string_view apiVersion, std::string_view name) {
  return concat("no kind ", inQuotes(name), " is registered for version ", inQuotes(apiVersion),
                " in scheme \"pkg/runtime/scheme.go:111\"");
}

std::string cannotBeHandled(std::string_view version, std::string_view name, const Kind& wanted) {
  return concat(name, " in version \"", version, "\" cannot be handled as a ", wanted.name, ": ");
}

}  // namespace cleat::object
