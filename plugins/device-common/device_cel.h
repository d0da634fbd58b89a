// The expressions in CEL by which claims and classes choose devices: `device.driver == "gpu.example.com" &&
// device.attributes["gpu.example.com"].model == "A" && device.capacity["gpu.example.com"].memory.isGreaterThan(…)`.
#pragma once

#include <cleat/cel/program.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <memory>
#include <string>
#include <string_view>

namespace cleat::devices {

// Bounds what one evaluation may cost, and what it may be estimated at where the expression is written.
inline constexpr uint64_t kMostSelectorCost = 1'000'000;

struct CompiledSelector {
  std::shared_ptr<const cel::Program> program;  // null where there is an error
  std::string error;                            // "compilation failed: …"
};
CompiledSelector compileSelector(std::string_view expression);

// The device as expressions see it. The readers must live as long as the value.
cel::Value deviceValue(std::string_view driver, resource_v1::Device::Reader device);

struct SelectorAnswer {
  bool matches = false;
  std::string error;  // of the evaluation; empty where there was none
};
SelectorAnswer evaluateSelector(const cel::Program& program, const cel::Value& device);

// Where a name of an attribute or a capacity belongs: "domain/name", or "name", which is the driver's own.
struct QualifiedName {
  std::string_view domain, name;
};
QualifiedName qualified(std::string_view name, std::string_view driver);

}  // namespace cleat::devices
