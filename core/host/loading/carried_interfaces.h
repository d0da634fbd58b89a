// The interfaces of roles that a plugin's file carries (cleat/sdk/interface.h), read without running any of its code.
// The file is not trusted.
#pragma once

#include <capnp/schema.capnp.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/object/message.h"

namespace cleat::host {

struct CarriedInterface {
  uint64_t id = 0;
  std::string name;                   // "PriceList"
  std::string role;                   // "price-list"
  std::vector<std::string> methods;   // by their ordinals
  Ref<const object::Message> schema;  // a CodeGeneratorRequest
};

// "SchedulerExtension" becomes "scheduler-extension".
std::string roleNameOf(std::string_view interface);
// The interface's name: what stands behind the file's in "acme/price_list.capnp:PriceList".
std::string interfaceName(capnp::schema::Node::Reader node);

// None where the file carries none.
Result<std::vector<CarriedInterface>> readInterfaces(const std::string& file);
// Of a section's bytes; `origin` begins the error's line.
Result<std::vector<CarriedInterface>> parseInterfaces(std::string_view section, const std::string& origin);

}  // namespace cleat::host
