// What an autoscaler scales: an object of any kind that has the subresource scale, found by its kind and group in
// whichever version is served.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>

#include <optional>
#include <string>
#include <vector>

namespace cleat::autoscaler {

struct ServedKind {
  std::string group, version, resource, kind;
  bool namespaced = true;
  Resource named() const { return {group, version, resource, kind, namespaced}; }
};

struct Scaled {
  ServedKind kind;
  std::string ns, name;
  Object<autoscaling_v1::Scale> scale;
};

class ScaleTargets {
 public:
  explicit ScaleTargets(Context& context) : context_(context), client_(context) {}

  Task<Result<Scaled>> find(std::string ns, std::string apiVersion, std::string kind, std::string name);
  Task<Result<void>> set(Scaled target, int32_t replicas);
  // The kind of an object that is referred to; an error where nothing of it is served.
  Task<Result<ServedKind>> kindOf(std::string group, std::string kind);

 private:
  const ServedKind* known(std::string_view group, std::string_view kind) const;

  Context& context_;
  AnyClient client_;
  std::vector<ServedKind> kinds_;
};

// The group in "apps/v1", "" in "v1"; nothing where it is none.
std::optional<std::string> groupIn(std::string_view apiVersion);

}  // namespace cleat::autoscaler
