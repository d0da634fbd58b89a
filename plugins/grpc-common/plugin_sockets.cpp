// The parts of PluginRegistry that know no type of plugin.
#include <cleat/sdk/file.h>
#include <sys/stat.h>

#include <filesystem>

#include "grpc-common/grpc_call.h"
#include "grpc-common/plugin_registry.h"
#include "grpc-common/proto_message.h"

using namespace std::chrono_literals;

namespace cleat::grpc {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLimit = 5s;

}  // namespace

bool PluginSocket::isSame(const PluginSocket& other) const {
  return inode == other.inode && changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
}

std::map<std::string, PluginSocket> pluginSockets(const std::string& folder) {
  std::map<std::string, PluginSocket> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    struct stat facts{};
    if (stat(at->path().c_str(), &facts) != 0 || !S_ISSOCK(facts.st_mode)) continue;
    found[at->path().filename()] = {facts.st_ino, facts.st_ctim};
  }
  return found;
}

Result<PluginInfo> askPlugin(const std::string& socket) {
  CLEAT_TRY(const std::string answer, grpcCall(socket, "/pluginregistration.Registration/GetInfo", {}, kLimit));
  PluginInfo info;
  ProtoReader reader(answer);
  while (auto field = reader.next()) {
    if (field->number == 1) info.type = field->bytes;
    if (field->number == 2) info.name = field->bytes;
    if (field->number == 3) info.endpoint = field->bytes;
    if (field->number == 4) info.versions.emplace_back(field->bytes);
  }
  if (reader.broken()) return fail(Status::internal("what it says of itself is no such message"));
  if (info.endpoint.empty()) info.endpoint = socket;
  return info;
}

void tellPlugin(const std::string& socket, const std::string& problem) {
  ProtoWriter status;
  status.number(1, problem.empty() ? 1 : 0);
  status.text(2, problem);
  (void)grpcCall(socket, "/pluginregistration.Registration/NotifyRegistrationStatus", status.bytes(), kLimit);
}

Task<void> expectRegistrations(Context& context, std::string folder) {
  auto expect = [folder] { return makeFolders(folder, 0750); };
  const Result<void> expected = co_await context.blocking(expect);
  if (!expected) context.log.warn("no driver can register: ", expected.error());
}

}  // namespace cleat::grpc
