#include "csi_driver.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "grpc-common/grpc_call.h"

using namespace std::chrono_literals;

namespace cleat::csi {
namespace {

using grpc::bytesIn;
using grpc::grpcCall;
using grpc::numberIn;
using grpc::ProtoReader;
using grpc::ProtoWriter;

constexpr Duration kAskLimit = 5s;
constexpr Duration kWorkLimit = 2min;

// csi.v1.VolumeCapability.AccessMode.Mode
enum class AccessMode : char {
  singleNodeWriter = 1,
  multiNodeReaderOnly = 3,
  multiNodeMultiWriter = 5,
  singleNodeSingleWriter = 6,
  singleNodeMultiWriter = 7,
};

// csi.v1.NodeServiceCapability.RPC.Type
enum class Ability : char { stage = 1, expand = 3, singleWriters = 5, mountGroup = 6 };

AccessMode accessModeOf(const DriverFacts& driver, const VolumeUse& use) {
  const std::string mode = use.accessModes.empty() ? "ReadWriteOnce" : use.accessModes.front();
  if (mode == "ReadWriteMany") return AccessMode::multiNodeMultiWriter;
  if (mode == "ReadOnlyMany") return AccessMode::multiNodeReaderOnly;
  if (!driver.knowsSingleWriters) return AccessMode::singleNodeWriter;
  return mode == "ReadWriteOncePod" ? AccessMode::singleNodeSingleWriter : AccessMode::singleNodeMultiWriter;
}

Result<std::string> callNode(const DriverFacts& driver, std::string_view method, const ProtoWriter& request,
                             Duration limit) {
  return grpcCall(driver.endpoint, concat("/csi.v1.Node/", method), request.bytes(), limit);
}

Status malformed(const DriverFacts& driver, std::string_view method) {
  return Status::internal(concat("driver ", driver.name, " answered ", method, " with what is no such message"));
}

void learn(DriverFacts& facts, uint64_t ability) {
  if (ability == static_cast<uint64_t>(Ability::stage)) facts.stages = true;
  if (ability == static_cast<uint64_t>(Ability::expand)) facts.expands = true;
  if (ability == static_cast<uint64_t>(Ability::singleWriters)) facts.knowsSingleWriters = true;
  if (ability == static_cast<uint64_t>(Ability::mountGroup)) facts.setsGroup = true;
}

Result<void> askAbilities(DriverFacts& facts) {
  constexpr const char* kMethod = "NodeGetCapabilities";
  CLEAT_TRY(const std::string answer, callNode(facts, kMethod, {}, kAskLimit));
  ProtoReader reader(answer);
  while (auto field = reader.next()) {
    if (field->number == 1) learn(facts, numberIn(bytesIn(field->bytes, 1), 1));
  }
  if (reader.broken()) return fail(malformed(facts, kMethod));
  return {};
}

void addLabels(TextMap& labels, std::string_view topology) {
  ProtoReader reader(topology);
  while (auto field = reader.next()) {
    if (field->number == 1) labels[std::string(bytesIn(field->bytes, 1))] = bytesIn(field->bytes, 2);
  }
}

}  // namespace

Result<DriverFacts> askDriver(const std::string& name, const std::string& endpoint) {
  constexpr const char* kMethod = "NodeGetInfo";
  DriverFacts facts{.name = name, .endpoint = endpoint};
  CLEAT_TRY(const std::string answer, callNode(facts, kMethod, {}, kAskLimit));
  ProtoReader reader(answer);
  while (auto field = reader.next()) {
    if (field->number == 1) facts.nodeId = field->bytes;
    if (field->number == 2) facts.mostVolumes = static_cast<int64_t>(field->value);
    if (field->number == 3) addLabels(facts.topology, field->bytes);
  }
  if (reader.broken()) return fail(malformed(facts, kMethod));
  if (facts.nodeId.empty()) return fail(Status::internal(concat("driver ", name, " gave this node no id")));
  CLEAT_TRY(askAbilities(facts));
  return facts;
}

Result<DriverFacts> takeDriver(const grpc::PluginInfo& plugin) {
  const bool speaksVersion1 = std::ranges::any_of(plugin.versions, [](std::string_view version) {
    return version.starts_with("v1.") || version.starts_with("1.") || version == "v1";
  });
  if (speaksVersion1) return askDriver(plugin.name, plugin.endpoint);
  return fail(Status::badRequest(concat("driver ", plugin.name, " supports no version of CSI that begins with 1")));
}

std::string capabilityOf(const DriverFacts& driver, const VolumeUse& use) {
  ProtoWriter capability;
  if (use.block) {
    capability.message(1, {});
  } else {
    ProtoWriter mount;
    mount.text(1, use.fsType);
    for (const std::string& option : use.mountOptions) mount.text(2, option);
    if (driver.setsGroup) mount.text(3, use.group);
    capability.message(2, mount.bytes());
  }
  ProtoWriter mode;
  mode.number(1, static_cast<uint64_t>(accessModeOf(driver, use)));
  capability.message(3, mode.bytes());
  return capability.bytes();
}

Result<void> stageVolume(const DriverFacts& driver, const PublishedVolume& volume) {
  ProtoWriter request;
  request.text(1, volume.handle);
  request.map(2, volume.publishContext);
  request.text(3, volume.stagingPath);
  request.message(4, capabilityOf(driver, volume.use));
  request.map(5, volume.stageSecrets);
  request.map(6, volume.attributes);
  CLEAT_TRY(callNode(driver, "NodeStageVolume", request, kWorkLimit));
  return {};
}

Result<void> publishVolume(const DriverFacts& driver, const PublishedVolume& volume) {
  ProtoWriter request;
  request.text(1, volume.handle);
  request.map(2, volume.publishContext);
  request.text(3, volume.stagingPath);
  request.text(4, volume.targetPath);
  request.message(5, capabilityOf(driver, volume.use));
  request.number(6, volume.readOnly ? 1 : 0);
  request.map(7, volume.publishSecrets);
  request.map(8, volume.attributes);
  CLEAT_TRY(callNode(driver, "NodePublishVolume", request, kWorkLimit));
  return {};
}

Result<void> unpublishVolume(const DriverFacts& driver, const std::string& handle, const std::string& targetPath) {
  ProtoWriter request;
  request.text(1, handle);
  request.text(2, targetPath);
  CLEAT_TRY(callNode(driver, "NodeUnpublishVolume", request, kWorkLimit));
  return {};
}

Result<void> unstageVolume(const DriverFacts& driver, const std::string& handle, const std::string& stagingPath) {
  ProtoWriter request;
  request.text(1, handle);
  request.text(2, stagingPath);
  CLEAT_TRY(callNode(driver, "NodeUnstageVolume", request, kWorkLimit));
  return {};
}

Result<uint64_t> expandVolume(const DriverFacts& driver, const VolumeGrowth& growth) {
  ProtoWriter range;
  range.number(1, growth.capacityBytes);
  ProtoWriter request;
  request.text(1, growth.handle);
  request.text(2, growth.path);
  request.message(3, range.bytes());
  request.text(4, growth.stagingPath);
  request.message(5, capabilityOf(driver, growth.use));
  request.map(6, growth.secrets);
  CLEAT_TRY(const std::string answer, callNode(driver, "NodeExpandVolume", request, kWorkLimit));
  return numberIn(answer, 1);
}

}  // namespace cleat::csi
