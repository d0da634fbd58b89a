#include "device-common/device_cel.h"

#include <cleat/cel/environment.h>
#include <cleat/sdk/text.h>

#include <array>
#include <map>

namespace cleat::devices {

namespace {

namespace v1 = resource_v1;

// How large a device's parts can be, which is what an expression's cost is estimated by.
constexpr uint64_t kMostEntries = 32, kLongestDriver = 63, kLongestDomain = 63, kLongestId = 32, kLongestValue = 64;

class DeviceSchema : public cel::ObjectSchema {
 public:
  std::optional<Field> field(std::string_view name) const override {
    if (name == "driver") return Field{text(kLongestDriver), "driver"};
    if (name == "allowMultipleAllocations") return Field{cel::types::boolean(), "allowMultipleAllocations"};
    if (name == "attributes")
      return Field{byDomain(cel::types::withMaxSize(cel::types::dyn(), kLongestValue)), "attributes"};
    if (name == "capacity") return Field{byDomain(cel::types::opaque("kubernetes.Quantity")), "capacity"};
    return std::nullopt;
  }

 private:
  static cel::TypeRef text(uint64_t longest) { return cel::types::withMaxSize(cel::types::text(), longest); }
  static cel::TypeRef entries(const cel::TypeRef& key, const cel::TypeRef& value) {
    return cel::types::withMaxSize(cel::types::map(key, value), kMostEntries);
  }
  static cel::TypeRef byDomain(const cel::TypeRef& value) {
    return entries(text(kLongestDomain), entries(text(kLongestId), value));
  }
};

const cel::TypeRef& deviceType() {
  static const cel::TypeRef kType = cel::types::object("kubernetes.DRADevice", std::make_shared<DeviceSchema>());
  return kType;
}

// What CEL's own functions `quantity` and `semver` make of a text.
cel::Value madeBy(const char* function, capnp::Text::Reader from) {
  const auto* overloads = cel::kubernetesFunctions()->find(function);
  std::array arguments{cel::Value::text(view(from))};
  for (const auto& overload : *overloads) {
    if (overload->params.size() == 1) return overload->run(arguments);
  }
  return cel::Value::error(concat(function, " is not known"));
}

cel::Value valueOf(v1::DeviceAttribute::Reader attribute) {
  if (attribute.hasString()) return cel::Value::text(view(attribute.getString()));
  if (attribute.hasVersion()) return madeBy("semver", attribute.getVersion());
  if (attribute.hasInt()) return cel::Value::integer(attribute.getInt().getValue());
  return cel::Value::boolean(attribute.getBool().getValue());
}

// By domain. One that nobody speaks of is there, and empty.
class ByDomain : public cel::MapValue {
 public:
  explicit ByDomain(std::map<std::string, cel::Value, std::less<>> domains) : domains_(std::move(domains)) {}
  size_t size() const override { return domains_.size(); }
  cel::Value find(const cel::Value& key) const override {
    if (!key.is(cel::ValueKind::text)) return {};
    auto found = domains_.find(key.asText());
    if (found != domains_.end()) return found->second;
    return cel::Value::map(cel::makeShared<const cel::VectorMap>(cel::VectorMap::Entries()));
  }
  cel::Value keyAt(size_t index) const override { return cel::Value::text(std::next(domains_.begin(), index)->first); }
  cel::Value valueAt(size_t index) const override { return std::next(domains_.begin(), index)->second; }

 private:
  std::map<std::string, cel::Value, std::less<>> domains_;
};

class DeviceObject : public cel::MapValue {
 public:
  DeviceObject(std::string_view driver, bool shared, cel::Value attributes, cel::Value capacity)
      : values_{cel::Value::text(driver), cel::Value::boolean(shared), std::move(attributes), std::move(capacity)} {}
  size_t size() const override { return values_.size(); }
  cel::Value find(const cel::Value& key) const override {
    for (size_t i = 0; i < kFields.size(); ++i) {
      if (key.is(cel::ValueKind::text) && key.asText() == kFields[i]) return values_[i];
    }
    return {};
  }
  cel::Value keyAt(size_t index) const override { return cel::Value::text(kFields[index]); }
  cel::Value valueAt(size_t index) const override { return values_[index]; }
  cel::TypeRef objectType() const override { return deviceType(); }

 private:
  static constexpr std::array<std::string_view, 4> kFields{"driver", "allowMultipleAllocations", "attributes",
                                                           "capacity"};
  std::array<cel::Value, 4> values_;
};

template <class Entries, class Read>
cel::Value grouped(Entries entries, std::string_view driver, Read read) {
  std::map<std::string, cel::VectorMap::Entries, std::less<>> groups;
  for (auto entry : entries) {
    const QualifiedName name = qualified(view(entry.getKey()), driver);
    groups[std::string(name.domain)].emplace_back(cel::Value::text(name.name), read(entry.getValue()));
  }
  std::map<std::string, cel::Value, std::less<>> domains;
  for (auto& [domain, values] : groups) {
    domains.emplace(domain, cel::Value::map(cel::makeShared<const cel::VectorMap>(std::move(values))));
  }
  return cel::Value::map(cel::makeShared<const ByDomain>(std::move(domains)));
}

}  // namespace

QualifiedName qualified(std::string_view name, std::string_view driver) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {driver, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

CompiledSelector compileSelector(std::string_view expression) {
  static const cel::Environment kEnvironment = [] {
    cel::Environment environment(cel::kubernetesFunctions());
    environment.declare("device", deviceType());
    environment.parsing().bind = true;
    environment.checking().oneElementType = true;
    return environment;
  }();
  cel::Compiled compiled = kEnvironment.compile(expression);
  if (!compiled.program) return {nullptr, concat("compilation failed: ", compiled.message)};
  const cel::TypeRef& type = compiled.program->type();
  if (type->kind != cel::TypeKind::boolean && !cel::isDyn(type)) {
    return {nullptr, concat("must evaluate to bool or the unknown type, not ", cel::shown(*type))};
  }
  return {std::move(compiled.program), {}};
}

cel::Value deviceValue(std::string_view driver, v1::Device::Reader device) {
  cel::Value attributes = grouped(device.getAttributes(), driver, valueOf);
  auto amount = [](v1::DeviceCapacity::Reader capacity) { return madeBy("quantity", capacity.getValue()); };
  cel::Value capacity = grouped(device.getCapacity(), driver, amount);
  return cel::Value::map(cel::makeShared<const DeviceObject>(driver, device.getAllowMultipleAllocations().getValue(),
                                                             std::move(attributes), std::move(capacity)));
}

SelectorAnswer evaluateSelector(const cel::Program& program, const cel::Value& device) {
  const std::array values{device};
  const cel::Evaluated done = program.evaluate(values, {.cost = kMostSelectorCost});
  if (done.value.isError()) return {false, std::string(done.value.message())};
  if (!done.value.is(cel::ValueKind::boolean)) return {false, "result is not a boolean"};
  return {done.value.asBoolean(), {}};
}

}  // namespace cleat::devices
