// What Kubernetes demands of a slice of devices, in its words.
#include "kinds-resource/slice_rules.h"

#include "kinds-common/cells.h"
#include "kinds-common/metadata.h"
#include "kinds-common/pod_spec.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

constexpr size_t kMaxDevices = 128, kMaxAdvancedDevices = 64, kMaxCounterSets = 8, kMaxCounters = 32;
constexpr size_t kMaxConsumptions = 2, kMaxTaints = 16, kMaxAttributes = 32, kMaxValue = 64;
// A key of attributes or capacity in a path: the domain, the slash and the identifier.
constexpr size_t kShownKey = 63 + 1 + kMaxIdentifier;

using Attributes = capnp::List<v1::DeviceAttributeEntry>::Reader;
using Counters = capnp::List<v1::CounterEntry>::Reader;
using Selected = std::vector<std::string>;

// A key that is too long stands in a path without its middle.
Path keyPath(const Path& path, std::string_view key, size_t max) {
  if (key.size() <= max) return path[key];
  const size_t left = max - 3;
  return path[concat(key.substr(0, (left + 1) / 2), "...", key.substr(key.size() - left / 2))];
}

// number.number.number with what may follow behind '-' and '+' (semver.org).
bool isNumber(std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && (text.size() == 1 || text.front() != '0');
}
bool isWord(std::string_view text, bool release) {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  if (text.empty() || text.find_first_not_of(kLetters) != std::string_view::npos) return false;
  return !release || isNumber(text) || text.find_first_not_of("0123456789") != std::string_view::npos;
}
template <class Check>
bool eachPart(std::string_view text, Check check) {
  while (true) {
    const size_t dot = text.find('.');
    if (!check(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}
bool isVersion(std::string_view text) {
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!eachPart(text.substr(plus + 1), [](auto part) { return isWord(part, false); })) return false;
    text = text.substr(0, plus);
  }
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!eachPart(text.substr(dash + 1), [](auto part) { return isWord(part, true); })) return false;
    text = text.substr(0, dash);
  }
  size_t parts = 0;
  const bool numbers = eachPart(text, [&](auto part) { return ++parts <= 3 && isNumber(part); });
  return numbers && parts == 3;
}

void checkAttribute(v1::DeviceAttribute::Reader attribute, const Path& path, Findings& findings) {
  if (attribute.getString().size() > kMaxValue) findings.tooLong(path / "string", kMaxValue);
  if (!attribute.hasVersion()) return;
  const std::string_view version = view(attribute.getVersion());
  if (!isVersion(version)) {
    findings.invalid(path / "version", version, "must be a string compatible with semver.org spec 2.0.0");
  }
  if (version.size() > kMaxValue) findings.tooLong(path / "version", kMaxValue);
}

void checkCapacities(v1::Device::Reader device, const Path& path, Findings& findings) {
  const bool shared = device.getAllowMultipleAllocations().getValue();
  for (auto entry : device.getCapacity()) {
    checkQualifiedName(view(entry.getKey()), path, findings);
    const Path at = keyPath(path, view(entry.getKey()), kShownKey) / "requestPolicy";
    if (!entry.getValue().hasRequestPolicy()) continue;
    if (shared) {
      checkRequestPolicy(entry.getValue(), at, findings);
    } else {
      findings.forbidden(at, "allowMultipleAllocations must be true");
    }
  }
}

// Keys are a matter of the stated rules.
void checkCounters(Counters counters, const Path& path, Findings& findings) {
  if (counters.size() > kMaxCounters) findings.tooMany(path, counters.size(), kMaxCounters);
}

void checkNodeName(capnp::Text::Reader name, const Path& path, Findings& findings) {
  checkName(view(name), wrongDns1123Subdomain(view(name)), path, findings);
}

// What a device and a slice have in common: the node, the nodes, or all of them.
template <class Holder>
void checkNodes(Holder holder, std::string_view emptyName, const Path& path, Selected& selected, Findings& findings) {
  if (holder.hasNodeName()) {
    if (holder.getNodeName().size() > 0) {
      selected.emplace_back("`nodeName`");
      checkNodeName(holder.getNodeName(), path / "nodeName", findings);
    } else {
      findings.invalid(path / "nodeName", "", emptyName);
    }
  }
  if (holder.hasNodeSelector()) {
    selected.emplace_back("`nodeSelector`");
    checkNodeSelector(holder.getNodeSelector(), path / "nodeSelector", findings);
  }
}

void checkTrue(bool present, bool value, const char* field, const Path& path, Selected& selected, Findings& findings) {
  if (!present) return;
  if (value) {
    selected.push_back(concat("`", field, "`"));
  } else {
    findings.invalid(path / field, false, "must be either unset or set to true");
  }
}

void checkDeviceNodes(v1::Device::Reader device, bool perDevice, const Path& path, Findings& findings) {
  constexpr std::string_view kOne =
      "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true "
      "in the ResourceSlice spec";
  if (!perDevice) {
    if (!device.hasNodeName() && !device.hasNodeSelector() && !device.hasAllNodes()) return;
    return findings.invalid(path, Shown::null(),
                            "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is "
                            "set to true in the ResourceSlice spec");
  }
  Selected selected;
  checkNodes(device, "must not be empty", path, selected, findings);
  checkTrue(device.hasAllNodes(), device.getAllNodes().getValue(), "allNodes", path, selected, findings);
  if (selected.empty()) {
    findings.required(path, kOne);
  } else if (selected.size() > 1) {
    findings.invalid(path, concat("{", joined(selected, ", "), "}"), kOne);
  }
}

void checkDevice(v1::Device::Reader device, bool perDevice, const Path& path, Findings& findings) {
  checkDnsLabel(device.getName(), path / "name", findings);
  const size_t described = device.getAttributes().size() + device.getCapacity().size();
  if (described > kMaxAttributes) {
    findings.invalid(path, described,
                     concat("the total number of attributes and capacities must not exceed ", kMaxAttributes));
  }
  const Path attributes = path / "attributes";
  for (auto entry : device.getAttributes()) {
    checkQualifiedName(view(entry.getKey()), attributes, findings);
    checkAttribute(entry.getValue(), keyPath(attributes, view(entry.getKey()), kShownKey), findings);
  }
  checkCapacities(device, path / "capacity", findings);
  auto taints = device.getTaints();
  if (taints.size() > kMaxTaints) {
    findings.tooMany(path / "taints", taints.size(), kMaxTaints);
  } else {
    for (uint32_t i = 0; i < taints.size(); ++i) checkTaint(taints[i], (path / "taints")[i], findings);
  }
  auto consumptions = device.getConsumesCounters();
  for (uint32_t i = 0; i < consumptions.size() && consumptions.size() <= kMaxConsumptions; ++i) {
    checkCounters(consumptions[i].getCounters(), (path / "consumesCounters")[i] / "counters", findings);
  }
  checkDeviceNodes(device, perDevice, path, findings);
  checkBindingConditions(device.getBindingConditions(), device.getBindingFailureConditions(), path, findings);
}

// As the message shows them, in the names that Kubernetes has for them inside.
Shown shownTerms(capnp::List<core_v1::NodeSelectorTerm>::Reader terms) {
  auto requirements = [](capnp::List<core_v1::NodeSelectorRequirement>::Reader all) {
    std::string out;
    for (auto one : all) {
      appendTo(out, concat(out.empty() ? "" : ",", "{\"Key\":", jsonText(view(one.getKey())),
                           ",\"Operator\":", jsonText(view(one.getOperator())),
                           ",\"Values\":", Shown::list(strings(one.getValues())).text(), "}"));
    }
    return out.empty() ? std::string("null") : concat("[", out, "]");
  };
  std::string out;
  for (auto term : terms) {
    appendTo(out, concat(out.empty() ? "" : ",", "{\"MatchExpressions\":", requirements(term.getMatchExpressions()),
                         ",\"MatchFields\":", requirements(term.getMatchFields()), "}"));
  }
  return Shown::plain(out.empty() ? std::string("null") : concat("[", out, "]"));
}

void checkSliceNodes(v1::ResourceSliceSpec::Reader spec, const Path& path, Findings& findings) {
  constexpr std::string_view kOne =
      "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  Selected selected;
  checkNodes(spec, "must be either unset or set to a non-empty string", path, selected, findings);
  auto terms = spec.getNodeSelector().getNodeSelectorTerms();
  if (spec.hasNodeSelector() && terms.size() != 1) {
    findings.invalid(path / "nodeSelector" / "nodeSelectorTerms", shownTerms(terms),
                     "must have exactly one node selector term");
  }
  checkTrue(spec.hasAllNodes(), spec.getAllNodes().getValue(), "allNodes", path, selected, findings);
  checkTrue(spec.hasPerDeviceNodeSelection(), spec.getPerDeviceNodeSelection().getValue(), "perDeviceNodeSelection",
            path, selected, findings);
  if (selected.empty()) {
    findings.required(path, kOne);
  } else if (selected.size() > 1) {
    findings.invalid(path, concat("{", joined(selected, ", "), "}"), concat(kOne, ", but multiple fields are set"));
  }
}

void checkDevices(v1::ResourceSliceSpec::Reader spec, const Path& path, Findings& findings) {
  auto devices = spec.getDevices();
  size_t max = kMaxDevices;
  for (auto device : devices) {
    if (device.getTaints().size() > 0 || device.getConsumesCounters().size() > 0) max = kMaxAdvancedDevices;
  }
  if (devices.size() > max) return findings.tooMany(path, devices.size(), max);
  const bool perDevice = spec.getPerDeviceNodeSelection().getValue();
  for (uint32_t i = 0; i < devices.size(); ++i) checkDevice(devices[i], perDevice, path[i], findings);
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < devices.size(); ++i) {
    if (!names.insert(view(devices[i].getName())).second) findings.duplicate(path[i], devices[i].getName());
  }
}

void checkPool(v1::ResourcePool::Reader pool, const Path& path, Findings& findings) {
  checkPoolName(view(pool.getName()), path / "name", findings);
  if (pool.getResourceSliceCount() <= 0) {
    findings.invalid(path / "resourceSliceCount", pool.getResourceSliceCount(), "must be greater than zero");
  }
  if (pool.getGeneration() < 0) {
    findings.invalid(path / "generation", pool.getGeneration(), "must be greater than or equal to zero");
  }
}

void checkKept(v1::ResourceSliceSpec::Reader spec, v1::ResourceSliceSpec::Reader old, const Path& path,
               Findings& findings) {
  if (view(spec.getPool().getName()) != view(old.getPool().getName())) {
    findings.invalid(path / "pool" / "name", spec.getPool().getName(), kImmutable);
  }
  if (view(spec.getDriver()) != view(old.getDriver())) {
    findings.invalid(path / "driver", spec.getDriver(), kImmutable);
  }
  if (spec.hasNodeName() != old.hasNodeName() || view(spec.getNodeName()) != view(old.getNodeName())) {
    findings.invalid(path / "nodeName", spec.hasNodeName() ? Shown(spec.getNodeName()) : Shown::null(), kImmutable);
  }
}

void checkStatedCounters(capnp::Text::Reader name, const char* nameField, Counters counters, const Path& path,
                         Findings& findings) {
  if (name.size() == 0) {
    findings.required(path / nameField);
  } else {
    checkDnsLabel(name, path / nameField, findings);
  }
  if (counters.size() == 0) findings.required(path / "counters");
  for (auto counter : counters) checkDnsLabel(counter.getKey(), path / "counters", findings);
}

void checkStatedAttributeValue(v1::DeviceAttribute::Reader attribute, const Path& path, Findings& findings) {
  const std::pair<bool, const char*> members[] = {{attribute.hasInt(), "int"},
                                                  {attribute.hasBool(), "bool"},
                                                  {attribute.hasString(), "string"},
                                                  {attribute.hasVersion(), "version"}};
  constexpr const char* kAll = "`int`, `bool`, `string`, `version`, `ints`, `bools`, `strings`, `versions`";
  Selected set;
  for (auto [present, name] : members) {
    if (present) set.emplace_back(name);
  }
  if (set.empty()) findings.invalid(path, "", concat("must specify one of: ", kAll));
  if (set.size() > 1) {
    findings.invalid(path, concat("{", joined(set, ", "), "}"), concat("must specify exactly one of: ", kAll));
  }
}

void checkStatedDevice(v1::Device::Reader device, const Path& path, Findings& findings) {
  for (auto entry : device.getAttributes()) {
    checkStatedAttributeValue(entry.getValue(), (path / "attributes")[view(entry.getKey())], findings);
  }
  auto consumptions = device.getConsumesCounters();
  const Path consumes = path / "consumesCounters";
  if (checkStatedSize(consumptions.size(), kMaxConsumptions, consumes, findings)) {
    checkStatedKeys(consumptions, consumes, findings, [](auto one) { return view(one.getCounterSet()); });
    for (uint32_t i = 0; i < consumptions.size(); ++i) {
      checkStatedCounters(consumptions[i].getCounterSet(), "counterSet", consumptions[i].getCounters(), consumes[i],
                          findings);
    }
  }
  auto taints = device.getTaints();
  for (uint32_t i = 0; i < taints.size(); ++i) {
    checkStatedEffect(view(taints[i].getEffect()), (path / "taints")[i] / "effect", findings);
  }
  checkStatedSize(device.getBindingConditions().size(), kMaxBindingConditions, path / "bindingConditions", findings);
  checkStatedSize(device.getBindingFailureConditions().size(), kMaxBindingConditions, path / "bindingFailureConditions",
                  findings);
}

}  // namespace

void checkStatedSlice(v1::ResourceSliceSpec::Reader spec, const Path& path, Findings& findings) {
  auto devices = spec.getDevices();
  for (uint32_t i = 0; i < devices.size(); ++i) checkStatedDevice(devices[i], (path / "devices")[i], findings);
  auto sets = spec.getSharedCounters();
  const Path shared = path / "sharedCounters";
  if (!checkStatedSize(sets.size(), kMaxCounterSets, shared, findings)) return;
  checkStatedKeys(sets, shared, findings, [](auto set) { return view(set.getName()); });
  for (uint32_t i = 0; i < sets.size(); ++i) {
    checkStatedCounters(sets[i].getName(), "name", sets[i].getCounters(), shared[i], findings);
  }
}

void checkSlice(v1::ResourceSliceSpec::Reader spec, const v1::ResourceSliceSpec::Reader* old, const Path& path,
                Findings& findings) {
  checkDriverName(view(spec.getDriver()), path / "driver", findings);
  checkPool(spec.getPool(), path / "pool", findings);
  if (old != nullptr) checkKept(spec, *old, path, findings);
  checkSliceNodes(spec, path, findings);
  if (spec.hasSharedCounters() && spec.hasDevices()) {
    findings.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed");
  }
  checkDevices(spec, path / "devices", findings);
  auto sets = spec.getSharedCounters();
  for (uint32_t i = 0; i < sets.size() && sets.size() <= kMaxCounterSets; ++i) {
    checkCounters(sets[i].getCounters(), (path / "sharedCounters")[i] / "counters", findings);
  }
  checkStatedSlice(spec, path, findings);
}

}  // namespace cleat::kinds::resource
