// A driver of devices on this node that speaks Kubernetes' protocol for them (DRAPlugin, v1), behind a Unix socket. The
// functions block: for Context::blocking. What the driver answers with a failure is passed on in its words.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "grpc-common/plugin_registry.h"

namespace cleat::dra {

struct DriverFacts {
  std::string name, endpoint;
  std::string healthService = {};  // "v1.DRAResourceHealth"; empty: it says nothing of its devices' health
  bool operator==(const DriverFacts&) const = default;
};

struct ClaimName {
  std::string ns, name, uid;
};

struct Device {
  std::vector<std::string> requests;  // empty: all of the claim's
  std::string pool, device, shareId;
  std::vector<std::string> cdiDevices;
  bool operator==(const Device&) const = default;
};

// Of one that registers; one that does not speak v1 is refused.
Result<DriverFacts> takeDriver(const grpc::PluginInfo& plugin);

Result<std::vector<Device>> prepareClaim(const DriverFacts& driver, const ClaimName& claim);
Result<void> unprepareClaim(const DriverFacts& driver, const ClaimName& claim);

// The messages: what both calls ask, and what is answered about the claim of that uid.
std::string requestFor(const ClaimName& claim);
Result<std::vector<Device>> preparedIn(std::string_view answer, const std::string& claimUid);
Result<void> unpreparedIn(std::string_view answer, const std::string& claimUid);

}  // namespace cleat::dra
