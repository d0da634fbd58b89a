// The rules for what several kinds are made of: names, tolerations, taints, selectors, parameters.
//
// Kubernetes has two sets of rules. Most stand in its code; some are stated beside the fields of its types, and what
// they find comes behind everything that the others have found. Here they are kept apart in the same way: functions and
// files with "stated" in their names have those of the second set.
#pragma once

#include <cleat/sdk/meta.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "kinds-common/findings.h"
#include "kinds-common/names.h"
#include "kinds-common/shown_struct.h"
#include "kinds-resource/resource_kinds.h"

namespace cleat::kinds::resource {

using Texts = capnp::List<capnp::Text>::Reader;

inline constexpr size_t kMaxRequests = 32, kMaxConstraints = 32, kMaxConfigs = 32, kMaxSelectors = 32, kMaxChoices = 8;
inline constexpr size_t kMaxDriverName = 63, kMaxPoolName = 253, kMaxIdentifier = 32, kMaxParameters = 10 * 1024;
inline constexpr size_t kMaxConditions = 8, kMaxBindingConditions = 4;

inline void checkName(std::string_view value, const Wrongs& wrongs, const Path& path, Findings& findings) {
  findings.invalidEach(path, value, wrongs);
}
inline void checkDnsLabel(capnp::Text::Reader value, const Path& path, Findings& findings) {
  checkName(view(value), wrongDns1123Label(view(value)), path, findings);
}

void checkDriverName(std::string_view name, const Path& path, Findings& findings);
void checkPoolName(std::string_view name, const Path& path, Findings& findings);
// "identifier" or "domain/identifier": a key of attributes or capacity.
void checkQualifiedName(std::string_view name, const Path& path, Findings& findings);
void checkSelectors(capnp::List<v1::DeviceSelector>::Reader selectors, const Path& path, Findings& findings);
void checkToleration(v1::DeviceToleration::Reader toleration, const Path& path, Findings& findings);
void checkTaint(v1::DeviceTaint::Reader taint, const Path& path, Findings& findings);
// A JSON object of at most so many bytes.
void checkJsonObject(std::string_view text, size_t maxBytes, const Path& path, Findings& findings);
void checkBindingConditions(Texts conditions, Texts failures, const Path& path, Findings& findings);

// A member of a class, a claim or an allocation that has `opaque`.
template <class Configuration>
void checkConfiguration(Configuration configuration, const Path& path, Findings& findings) {
  const Path at = path / "opaque";
  if (!configuration.hasOpaque()) return findings.required(at);
  checkJsonObject(view(configuration.getOpaque().getParameters()), kMaxParameters, at / "parameters", findings);
}

// The names of a claim's requests, each with those of its choices.
using RequestNames = std::map<std::string_view, std::set<std::string_view>>;
RequestNames namesOf(v1::DeviceClaim::Reader claim);
// "request" or "request/subrequest", of those that there are.
void checkRequestRef(std::string_view name, const RequestNames& names, const Path& path, Findings& findings);
void checkRequestRefs(Texts names, const RequestNames& known, const Path& path, Findings& findings);

// -- The rules that are stated beside fields --

void checkStatedDriver(std::string_view name, const Path& path, Findings& findings);
void checkStatedPool(std::string_view name, const Path& path, Findings& findings);
void checkStatedUuid(std::string_view uuid, const Path& path, Findings& findings);
void checkStatedAttribute(std::string_view name, const Path& path, Findings& findings);
void checkStatedToleration(v1::DeviceToleration::Reader toleration, const Path& path, Findings& findings);
void checkStatedEffect(std::string_view effect, const Path& path, Findings& findings);
// At most so many, and none of them twice.
void checkStatedSet(Texts texts, size_t max, const Path& path, Findings& findings);
bool checkStatedSize(size_t size, size_t max, const Path& path, Findings& findings);

template <class Configuration>
void checkStatedConfiguration(Configuration configuration, const Path& path, Findings& findings) {
  if (configuration.hasOpaque()) {
    checkStatedDriver(view(configuration.getOpaque().getDriver()), path / "opaque" / "driver", findings);
  }
}

// No two items of a list have the same key; each further one is shown as a whole.
template <class List, class KeyOf>
void checkStatedKeys(List items, const Path& path, Findings& findings, KeyOf keyOf) {
  std::set<decltype(keyOf(items[0]))> seen;
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (!seen.insert(keyOf(items[i])).second) findings.duplicate(path[i], shownStruct(items[i]));
  }
}

void checkStatedClaim(v1::ResourceClaimSpec::Reader spec, const Path& path, Findings& findings);
void checkStatedClaimStatus(const Change<v1::ResourceClaim>& change, const Path& path, Findings& findings);
void checkStatedSlice(v1::ResourceSliceSpec::Reader spec, const Path& path, Findings& findings);

}  // namespace cleat::kinds::resource
