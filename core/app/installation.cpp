#include "core/app/installation.h"

#include <arpa/inet.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/own_address.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace fs = std::filesystem;

Result<ListenAddress> parseListen(const std::string& text, const std::string& what) {
  const Status bad = Status::badRequest(what + " " + text + ": give it as ADDRESS:PORT, with a numeric address");
  size_t colon = text.rfind(':');
  if (colon == std::string::npos) return fail(bad);
  ListenAddress listen{text.substr(0, colon), 0};
  if (listen.address.size() > 2 && listen.address.front() == '[' && listen.address.back() == ']') {
    listen.address = listen.address.substr(1, listen.address.size() - 2);
  }
  if (listen.address.empty()) listen.address = "0.0.0.0";
  auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), listen.port);
  if (error != std::errc() || end != text.data() + text.size()) return fail(bad);
  std::array<unsigned char, 16> bytes;
  const bool numeric = inet_pton(AF_INET, listen.address.c_str(), bytes.data()) == 1 ||
                       inet_pton(AF_INET6, listen.address.c_str(), bytes.data()) == 1;
  if (!numeric) return fail(bad);
  return listen;
}

std::string machineAddress(const std::string& ranges) {
  std::array<std::string, 2> own{ownIpv4Address(), ownIpv6Address()};
  if (isIpv6(std::string_view(ranges).substr(0, ranges.find(',')))) std::swap(own[0], own[1]);
  for (const std::string& address : own) {
    if (!address.empty()) return address;
  }
  return "127.0.0.1";
}

std::string machineName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string text = name.data();
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text.empty() ? "localhost" : text;
}

Result<std::string> firstServiceAddress(const std::string& ranges) {
  const std::string cidr = ranges.substr(0, ranges.find(','));
  const size_t slash = cidr.find('/');
  const int family = cidr.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const int most = family == AF_INET ? 30 : 126;
  std::array<unsigned char, sizeof(in6_addr)> address{};
  int bits = 0;
  const char* end = cidr.data() + cidr.size();
  const bool good = slash != std::string::npos &&
                    inet_pton(family, cidr.substr(0, slash).c_str(), address.data()) == 1 &&
                    std::from_chars(cidr.data() + slash + 1, end, bits).ptr == end && bits >= 8 && bits <= most;
  if (!good) return fail(Status::badRequest(cidr + " is no network such as 10.96.0.0/16"));
  ++address[family == AF_INET ? sizeof(in_addr) - 1 : sizeof(in6_addr) - 1];
  std::array<char, INET6_ADDRSTRLEN> text;
  inet_ntop(family, address.data(), text.data(), text.size());
  return std::string(text.data());
}

std::string pluginFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path bin = program.parent_path();
  const fs::path installed = bin.parent_path() / "lib" / "cleat" / "plugins";
  if (fs::exists(installed, error)) return installed.string();
  return (bin.parent_path() / "plugins").string();
}

std::string installedSdk() {
  std::error_code error;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  return fs::exists(prefix / "lib/cmake/Cleat/CleatConfig.cmake", error) ? prefix.string() : std::string();
}

bool looksAfterMachine(const host::Manifest& manifest) {
  const std::array<const char*, 5> roles = {"runtime", "network", "volume", "device-driver", "proxy"};
  return std::ranges::any_of(roles, [&](const char* role) { return manifest.fills(role); });
}

namespace {

bool fileLooksAfterMachine(const std::string& file) {
  auto manifest = host::readManifest(file);
  return manifest && looksAfterMachine(*manifest);
}

}  // namespace

host::PluginSpec pluginSpec(const base::Config& config, const std::string& name) {
  host::PluginSpec spec;
  spec.name = name;
  spec.file = config.pluginFile(name, pluginFolder());
  auto found = config.plugins.tables.find(name);
  const base::PluginTable table = found == config.plugins.tables.end() ? base::PluginTable() : found->second;
  spec.settings = table.settings;
  spec.grants = table.grants;
  setIsolation(config, table, spec);
  if (config.plugins.requireSignature && !isOurs(spec.file)) spec.signedBy = config.plugins.signatureKeys;
  return spec;
}

bool isOurs(const std::string& file) {
  std::error_code error;
  return fs::weakly_canonical(file, error).parent_path() == fs::weakly_canonical(pluginFolder(), error);
}

void setIsolation(const base::Config& config, const base::PluginTable& table, host::PluginSpec& spec) {
  base::Isolation isolation = table.isolation;
  if (isolation == base::Isolation::byOrigin) {
    isolation = isOurs(spec.file)                  ? base::Isolation::none
                : fileLooksAfterMachine(spec.file) ? base::Isolation::unconfined
                                                   : base::Isolation::process;
  }
  spec.isolated = isolation != base::Isolation::none;
  spec.privateCopy = !isOurs(spec.file);
  spec.confinement.reset();
  if (isolation != base::Isolation::process) return;
  host::Confinement& confinement = spec.confinement.emplace();
  const base::PluginLimits &own = table.limits, &all = config.plugins.limits;
  auto limit = [](int64_t& to, int64_t first, int64_t second) {
    if (first > 0 || second > 0) to = first > 0 ? first : second;
  };
  limit(confinement.memoryBytes, own.memoryBytes, all.memoryBytes);
  limit(confinement.cpuThousandths, own.cpuThousandths, all.cpuThousandths);
  limit(confinement.processes, own.processes, all.processes);
  confinement.required = config.plugins.isolationRequired;
  confinement.network = table.networkAccess;
  confinement.visible = table.visibleFiles;
}

Result<void> makePrivateFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Status::internal("cannot create " + folder + ": " + error.message()));
  if (::chmod(folder.c_str(), 0700) != 0) {
    return fail(Status::internal("cannot make " + folder + " private: it belongs to somebody else"));
  }
  return {};
}

}  // namespace cleat::app
