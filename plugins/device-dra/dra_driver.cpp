#include "dra_driver.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <optional>

#include "grpc-common/grpc_call.h"
#include "grpc-common/proto_message.h"

using namespace std::chrono_literals;

namespace cleat::dra {
namespace {

using grpc::bytesIn;
using grpc::ProtoReader;
using grpc::ProtoWriter;

constexpr Duration kWorkLimit = 45s;  // as long as the kubelet waits
constexpr std::string_view kService = "v1.DRAPlugin";
// The newest first.
constexpr std::array<const char*, 2> kHealthServices{"v1.DRAResourceHealth", "v1alpha1.DRAResourceHealth"};

Result<std::string> call(const DriverFacts& driver, std::string_view method, const ClaimName& claim) {
  return grpc::grpcCall(driver.endpoint, concat("/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/", method),
                        requestFor(claim), kWorkLimit);
}

Device deviceOf(std::string_view message) {
  Device device;
  ProtoReader reader(message);
  while (auto field = reader.next()) {
    if (field->number == 1) device.requests.emplace_back(field->bytes);
    if (field->number == 2) device.pool = field->bytes;
    if (field->number == 3) device.device = field->bytes;
    if (field->number == 4) device.cdiDevices.emplace_back(field->bytes);
    if (field->number == 5) device.shareId = field->bytes;
  }
  return device;
}

// What the answer's map has for the claim.
Result<std::string_view> answerFor(std::string_view answer, const std::string& claimUid, std::string_view method) {
  ProtoReader reader(answer);
  std::optional<std::string_view> found;
  while (auto field = reader.next()) {
    if (field->number != 1) continue;
    const std::string_view uid = bytesIn(field->bytes, 1);
    if (uid != claimUid) {
      return fail(Status::internal(concat(method, " returned result for unknown claim UID ", uid)));
    }
    found = bytesIn(field->bytes, 2);
  }
  if (reader.broken()) return fail(Status::internal(concat(method, " was answered with what is no such message")));
  if (!found) return fail(Status::internal(concat(method, " skipped 1 ResourceClaims")));
  return *found;
}

}  // namespace

Result<DriverFacts> takeDriver(const grpc::PluginInfo& plugin) {
  auto speaks = [&](std::string_view service) {
    return std::ranges::find(plugin.versions, service) != plugin.versions.end();
  };
  if (speaks(kService)) {
    const auto health = std::ranges::find_if(kHealthServices, speaks);
    return DriverFacts{plugin.name, plugin.endpoint, health == kHealthServices.end() ? "" : *health};
  }
  std::string versions;
  for (const std::string& version : plugin.versions) versions += concat(versions.empty() ? "" : " ", inQuotes(version));
  return fail(Status::badRequest(concat("none of services supported by the plugin ([", versions,
                                        "]) are supported by this node ([", inQuotes(kService), "])")));
}

std::string requestFor(const ClaimName& claim) {
  ProtoWriter named;
  named.text(1, claim.ns);
  named.text(2, claim.uid);
  named.text(3, claim.name);
  ProtoWriter request;
  request.message(1, named.bytes());
  return request.bytes();
}

Result<std::vector<Device>> preparedIn(std::string_view answer, const std::string& claimUid) {
  CLEAT_TRY(const std::string_view own, answerFor(answer, claimUid, "NodePrepareResources"));
  if (const std::string_view error = bytesIn(own, 2); !error.empty()) return fail(Status::unavailable(str(error)));
  std::vector<Device> devices;
  ProtoReader reader(own);
  while (auto field = reader.next()) {
    if (field->number == 1) devices.push_back(deviceOf(field->bytes));
  }
  return devices;
}

Result<void> unpreparedIn(std::string_view answer, const std::string& claimUid) {
  CLEAT_TRY(const std::string_view own, answerFor(answer, claimUid, "NodeUnprepareResources"));
  if (const std::string_view error = bytesIn(own, 1); !error.empty()) return fail(Status::unavailable(str(error)));
  return {};
}

Result<std::vector<Device>> prepareClaim(const DriverFacts& driver, const ClaimName& claim) {
  CLEAT_TRY(const std::string answer, call(driver, "NodePrepareResources", claim));
  return preparedIn(answer, claim.uid);
}

Result<void> unprepareClaim(const DriverFacts& driver, const ClaimName& claim) {
  CLEAT_TRY(const std::string answer, call(driver, "NodeUnprepareResources", claim));
  return unpreparedIn(answer, claim.uid);
}

}  // namespace cleat::dra
