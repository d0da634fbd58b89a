// The environment of a container: its own variables with their sources, those of the pod's Services, and the $(NAME)
// references in values, command and arguments. Pure functions over what has been fetched before.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pod/field_ref.h"
#include "volumes/trust_anchors.h"

namespace cleat::agent {

// In the order in which they are set; a later one of the same name has replaced the earlier one.
using Environment = std::vector<std::pair<std::string, std::string>>;

// The ConfigMaps and Secrets that a pod refers to, as far as they exist, by name; and all bundles of authorities, if it
// refers to any.
struct ReferencedObjects {
  std::map<std::string, Object<core_v1::ConfigMap>, std::less<>> configMaps;
  std::map<std::string, Object<core_v1::Secret>, std::less<>> secrets;
  std::vector<TrustBundle> trustBundles;
};

struct EnvironmentSources {
  const ReferencedObjects& objects;
  const PodFacts& facts;
  const Environment& services;
};

// Fails with what Kubernetes says of a ConfigMap or Secret that is not there.
Result<Environment> environmentOf(core_v1::Pod::Reader pod, core_v1::Container::Reader container,
                                  const EnvironmentSources& sources);

// NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_PORT_80_TCP, … of Services with an address.
Environment serviceEnvironment(const std::vector<Object<core_v1::Service>>& services);

// Replaces $(NAME) where NAME is known and $$ by $; everything else stays as it is.
std::string expand(std::string_view text, const std::function<const std::string*(std::string_view)>& valueOf);
std::string expand(std::string_view text, const Environment& environment);

// The names of the ConfigMaps and Secrets that the pod's containers and volumes use, and whether these use bundles of
// authorities, which are chosen among all.
struct References {
  std::vector<std::string> configMaps, secrets;
  bool trustBundles = false;
};
References referencesOf(core_v1::PodSpec::Reader spec);

}  // namespace cleat::agent
