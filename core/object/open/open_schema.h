// OpenSchema: what the core takes from the OpenAPI schema of an open kind: which members there are, what stands in for
// those that are absent, and how lists and maps are merged. Whether values are right is for the kind's plugin to say.
// Immutable; any thread may read it. The rules are those of structural schemas (Kubernetes, CustomResourceDefinition).
#pragma once

#include <cleat/sdk/status.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json/json_document.h"

namespace cleat::object {

// One place in the schema. Null, where a node could be: nothing is known of what is there, so that members of an object
// found there are pruned.
class OpenNode {
 public:
  enum class Merging : uint8_t { unsaid, atomic, set, map };

  // Null when there is none.
  const OpenNode* property(std::string_view name) const;

  struct Property {
    std::string name;
    std::unique_ptr<const OpenNode> node;
  };
  std::vector<Property> properties;               // by name
  std::unique_ptr<const OpenNode> items;          // of a list
  std::unique_ptr<const OpenNode> additional;     // of a map's values
  std::unique_ptr<const JsonDocument> byDefault;  // for absent ones
  std::vector<std::string> mapKeys;               // of a list merged as a map
  bool anyAdditional = false;                     // a map whose values nothing is known of
  bool preservesUnknown = false;
  bool embedded = false;  // an object with apiVersion, kind and metadata of its own
  bool nullable = false;
  bool isObject = false, isArray = false;
  Merging list = Merging::unsaid;
  bool atomicMap = false;
  bool hasDefaults = false;  // it, or something below other than through a list or map
};

class OpenSchema {
 public:
  // 400 when it is no JSON, or nested or sized beyond all measure; `where` opens the error. What the plugin checked
  // already is taken as it is.
  static Result<std::unique_ptr<const OpenSchema>> parse(const std::string& json, const std::string& where);

  const OpenNode& root() const { return *root_; }
  // The text that it was made from, for OpenAPI.
  const std::string& json() const { return json_; }

 private:
  std::unique_ptr<const OpenNode> root_;
  std::string json_;
};

}  // namespace cleat::object
