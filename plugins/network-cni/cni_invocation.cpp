#include "cni_invocation.h"

#include "cni_result.h"

#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <cctype>
#include <cstdlib>

namespace cleat::network {
namespace {

namespace json = boost::json;

// As container runtimes word it, so that what people search for is found.
Status failure(const std::string& type, const std::string& command, const std::string& why) {
  std::string verb;
  for (char c : command) verb += char(std::tolower(c));
  if (verb == "del") verb = "delete";
  return Status::internal("plugin type=\"" + type + "\" failed (" + verb + "): " + why);
}

}  // namespace

Result<std::string> PluginRunner::find(const std::string& type) const {
  for (const std::string& folder : binDirs_) {
    std::string path = folder + "/" + type;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(Status::internal("failed to find plugin \"" + type + "\" in path [" + joined(binDirs_, ":") + "]"));
}

Result<json::object> PluginRunner::run(const Invocation& invocation, const json::object& configuration) const {
  std::string type(configuration.at("type").as_string());
  CLEAT_TRY(auto program, find(type));
  Command command{.argv = {program}};
  // iptables and ip, which plugins start, are found in these.
  const char* path = std::getenv("PATH");
  command.environment = std::vector<std::string>{
      "CNI_COMMAND=" + invocation.command,
      "CNI_CONTAINERID=" + invocation.containerId,
      "CNI_NETNS=" + invocation.netns,
      "CNI_IFNAME=" + invocation.interface,
      "CNI_ARGS=" + invocation.args,
      "CNI_PATH=" + joined(binDirs_, ":"),
      std::string("PATH=") + (path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")};
  std::string input = json::serialize(configuration);
  CLEAT_TRY(auto output,
            cleat::run(command, {.input = input, .timeoutMs = timeoutMs_, .outputLimit = kMostResultBytes + 1}));
  if (output.timedOut)
    return fail(failure(type, invocation.command,
                        "no answer within " + std::to_string(timeoutMs_ / 1000) + " s, and was killed"));
  if (output.exitCode != 0)
    return fail(
        failure(type, invocation.command, failureText(output.standardOutput, output.standardError, output.exitCode)));
  if (invocation.command != "ADD") return json::object();
  auto result = parseResult(output.standardOutput);
  if (!result) return fail(failure(type, invocation.command, result.error().message));
  return result;
}

}  // namespace cleat::network
