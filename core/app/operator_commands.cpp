#include "core/app/operator_commands.h"

#include <capnp/message.h>
#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "core/app/control_socket.h"
#include "core/app/pki.h"
#include "core/app/tokens.h"
#include "core/base/did_you_mean.h"
#include "core/gate/object_edit.h"
#include "core/host/loading/carried_interfaces.h"
#include "core/host/loading/manifest.h"
#include "core/host/loading/signature.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

int complain(const std::string& message) {
  std::fprintf(stderr, "cleat: %s\n", message.c_str());
  return 1;
}

// The agent's socket: of `cleat agent` in the folder itself, of `cleat up` one below.
std::string agentSocket(const std::string& dataDir) {
  const std::string below = dataDir + "/agent/agent.sock";
  return fs::exists(below) ? below : dataDir + "/agent.sock";
}

std::string anySocket(const std::string& dataDir) {
  const std::string server = dataDir + "/server.sock";
  return fs::exists(server) ? server : agentSocket(dataDir);
}

std::string text(const boost::json::value& value, const char* key) {
  const boost::json::value* member = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

template <class R>
typename R::Reader readResults(const std::vector<uint64_t>& words) {
  return capnp::readMessageUnchecked<R>(reinterpret_cast<const capnp::word*>(words.data()));
}

// What a plugin asks to be allowed, before it is loaded: also where it then is not.
void printGrants(const std::string& grants) {
  std::printf("grants\n%s%s", grants.empty() ? "none" : grants.c_str(), grants.ends_with('\n') ? "" : "\n");
  std::fflush(stdout);
}

// With the lines of the value below one another.
void printField(std::string key, const std::string& value) {
  std::istringstream lines(value);
  std::string line;
  do {
    line.clear();
    std::getline(lines, line);
    std::printf("%-14s %s\n", std::exchange(key, "").c_str(), line.c_str());
  } while (lines.peek() != std::istringstream::traits_type::eof());
}

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

int listPluginsCommand(const std::string& dataDir, bool json) {
  Result<std::string> answer = askHost(anySocket(dataDir), HostMethod::listPlugins, "{}");
  if (!answer) return complain(answer.error().message);
  if (json) {
    std::printf("%s\n", answer->c_str());
    return 0;
  }
  std::printf("%-32s %-9s %-9s %-24s %-10s %s\n", "NAME", "VERSION", "MATURITY", "ROLES", "STATE", "ISOLATED");
  const boost::json::value list = boost::json::parse(*answer);
  for (const boost::json::value& plugin : list.get_array()) {
    std::printf("%-32s %-9s %-9s %-24s %-10s %s\n", text(plugin, "name").c_str(), text(plugin, "version").c_str(),
                text(plugin, "maturity").c_str(), text(plugin, "roles").c_str(), text(plugin, "state").c_str(),
                plugin.at("isolated").as_bool() ? "yes" : "no");
    if (std::string why = text(plugin, "message"); !why.empty()) std::printf("    %s\n", why.c_str());
  }
  return 0;
}

int changePluginCommand(const std::string& dataDir, HostMethod method, const PluginRequest& request) {
  boost::json::object json{{"name", request.name}, {"grant", request.grant}, {"save", request.save}};
  std::error_code error;
  if (!request.file.empty()) json["file"] = fs::absolute(request.file, error).string();
  if (method == HostMethod::loadPlugin) {
    Result<std::string> grants = askHost(anySocket(dataDir), HostMethod::showGrants, boost::json::serialize(json));
    if (!grants) return complain(grants.error().message);
    printGrants(text(boost::json::parse(*grants), "done"));
  }
  Result<std::string> answer = askHost(anySocket(dataDir), method, boost::json::serialize(json));
  if (!answer) return complain(answer.error().message);
  const bool lasts = request.save || method == HostMethod::reload;
  std::printf("%s%s\n", text(boost::json::parse(*answer), "done").c_str(),
              lasts ? "" : " (until the next start or reload: --save keeps it)");
  return 0;
}

int moveClockCommand(const std::string& dataDir, const std::string& by) {
  const std::optional<Duration> duration = parseDuration(by);
  if (!duration || duration->count() < 0) return complain(concat("--advance ", by, ": give it as 500ms, 15s or 1h"));
  const boost::json::object request{{"advanceNs", duration->count()}};
  Result<std::string> answer = askHost(anySocket(dataDir), HostMethod::moveClock, boost::json::serialize(request));
  if (!answer) return complain(answer.error().message);
  std::printf("%s\n", text(boost::json::parse(*answer), "done").c_str());
  return 0;
}

int pluginInfoCommand(const std::string& dataDir, const std::string& name) {
  Result<std::string> answer = askHost(anySocket(dataDir), HostMethod::listPlugins, "{}");
  if (!answer) return complain(answer.error().message);
  const boost::json::value list = boost::json::parse(*answer);
  std::vector<std::string> names;
  for (const boost::json::value& plugin : list.get_array()) {
    names.push_back(text(plugin, "name"));
    if (names.back() != name) continue;
    for (const auto& [key, value] : plugin.get_object()) {
      const std::string shown = value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
      printField(key, shown);
    }
    return 0;
  }
  return complain(concat("no plugin ", name, " is loaded", base::didYouMean(name, names)));
}

int signPluginCommand(const std::string& file, const std::string& key) {
  if (auto made = host::signPlugin(file, key); !made) return complain(made.error().message);
  std::printf("%s.sig\n", file.c_str());
  return 0;
}

int verifyPluginCommand(const std::string& file, const std::string& key) {
  auto good = host::verifyPlugin(file, {key});
  if (!good) return complain(good.error().message);
  std::printf("%s is signed by the key %s\n", file.c_str(), good->c_str());
  return 0;
}

int showPluginCommand(const std::string& file) {
  auto manifest = host::readManifest(file);
  if (!manifest) return complain(manifest.error().message);
  std::string roles;
  for (const std::string& role : manifest->roles) roles += (roles.empty() ? "" : " ") + role;
  std::printf("name      %s\nversion   %s\nmaturity  %s\nroles     %s\n", manifest->name.c_str(),
              manifest->version.c_str(), manifest->maturity.c_str(), roles.c_str());
  auto carried = host::readInterfaces(file);
  if (!carried) return complain(carried.error().message);
  for (const host::CarriedInterface& interface : *carried) {
    const std::string methods = joined(interface.methods, ", ");
    std::printf("brings    %s (0x%016llx): %s\n", interface.role.c_str(), static_cast<unsigned long long>(interface.id),
                methods.c_str());
  }
  std::printf("grants\n%s\nsettings\n", manifest->grants.c_str());
  for (const host::DeclaredSetting& setting : manifest->settings) {
    std::printf("%s %s = \"%s\"  # %s\n", setting.key.c_str(), setting.type.c_str(), setting.byDefault.c_str(),
                setting.meaning.c_str());
  }
  return 0;
}

int importImageCommand(const std::string& dataDir, const std::string& archive, const std::string& name) {
  std::error_code error;
  const fs::path file = fs::absolute(archive, error);
  if (!fs::exists(file, error)) return complain(archive + ": no such file");
  auto params = object::makeMessage<role::ImportImageParams>([&](role::ImportImageParams::Builder builder) {
    builder.setPath(file.string());
    builder.setName(name);
  });
  std::printf("importing %s …\n", archive.c_str());
  std::fflush(stdout);
  auto words = askRole(agentSocket(dataDir), role::runtime::importImage, params->words());
  if (!words) return complain(words.error().message);
  auto image = readResults<role::ImageResults>(*words).getImage();
  for (auto imageName : image.getNames()) std::printf("imported %s\n", imageName.cStr());
  return 0;
}

int listImagesCommand(const std::string& dataDir) {
  auto params = object::makeMessage<role::Runtime::ListImagesParams>([](auto) {});
  auto words = askRole(agentSocket(dataDir), role::runtime::listImages, params->words());
  if (!words) return complain(words.error().message);
  auto results = readResults<role::ListImagesResults>(*words);
  std::printf("%-60s %-22s %s\n", "IMAGE", "ID", "SIZE");
  for (auto image : results.getImages()) {
    for (auto name : image.getNames()) {
      std::printf("%-60s %-22.19s %.1f MB\n", name.cStr(), image.getId().cStr(), megabytes(image.getSizeBytes()));
    }
  }
  return 0;
}

namespace {

Result<std::string> tokenInFile(const std::string& dataDir) {
  const std::string pki = dataDir + "/pki";
  CLEAT_TRY(const std::string authority, readFile(pki + "/ca.crt"));
  CLEAT_TRY(const std::string fingerprint, fingerprintOf(authority));
  return addJoinToken(pki + "/tokens.csv", fingerprint);
}

}  // namespace

int createTokenCommand(const std::string& dataDir, const std::string& ttl, bool inFile) {
  if (!fs::exists(dataDir + "/pki/ca.crt")) {
    return complain("there is no server's data in " + dataDir + ": use --data-dir");
  }
  const std::optional<Duration> duration = parseDuration(ttl);
  if (!duration || *duration < Duration::zero()) return complain("--ttl: " + ttl + " is not a duration such as 24h");
  Result<std::string> token;
  if (inFile) {
    token = tokenInFile(dataDir);
  } else {
    base::AsioExecutor executor;
    token = createBootstrapToken(executor, dataDir, std::chrono::duration_cast<std::chrono::seconds>(*duration));
  }
  if (!token) return complain(token.error().message);
  std::printf("%s\n", token->c_str());
  return 0;
}

int printKubeconfigCommand(const std::string& dataDir) {
  auto text = readFile(dataDir + "/admin.kubeconfig");
  if (!text) return complain("there is no server's data in " + dataDir + ": use --data-dir");
  std::fputs(text->c_str(), stdout);
  return 0;
}

}  // namespace cleat::app
