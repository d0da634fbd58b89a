#include "cni_invocation.h"

#include <cleat/sdk/process.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <cctype>
#include <cstdlib>

namespace cleat::network {
namespace {

namespace json = boost::json;

std::string joined(const std::vector<std::string>& folders) {
  std::string path;
  for (const std::string& folder : folders) path += (path.empty() ? "" : ":") + folder;
  return path;
}

// As container runtimes word it, so that what people search for is found.
Status failure(const std::string& type, const std::string& command, const std::string& why) {
  std::string verb;
  for (char c : command) verb += char(std::tolower(c));
  if (verb == "del") verb = "delete";
  return Status::internal("plugin type=\"" + type + "\" failed (" + verb + "): " + why);
}

// A plugin that fails prints {"code": N, "msg": "…", "details": "…"}; one that crashes, anything.
std::string whyItFailed(const Output& output) {
  json::error_code error;
  json::value root = json::parse(output.standardOutput, error);
  if (!error && root.is_object()) {
    const json::value* message = root.get_object().if_contains("msg");
    const json::value* details = root.get_object().if_contains("details");
    std::string text;
    if (message && message->is_string()) text = message->get_string();
    if (details && details->is_string() && !details->get_string().empty())
      text += (text.empty() ? "" : "; ") + std::string(details->get_string());
    if (!text.empty()) return text;
  }
  std::string text = output.standardError.empty() ? output.standardOutput : output.standardError;
  if (text.size() > 1024) text.resize(1024);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return "exit code " + std::to_string(output.exitCode) + (text.empty() ? "" : ": " + text);
}

}  // namespace

Result<std::string> PluginRunner::find(const std::string& type) const {
  for (const std::string& folder : binDirs_) {
    std::string path = folder + "/" + type;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(Status::internal("failed to find plugin \"" + type + "\" in path [" + joined(binDirs_) + "]"));
}

Result<json::object> PluginRunner::run(const Invocation& invocation, const json::object& configuration) const {
  std::string type(configuration.at("type").as_string());
  auto program = find(type);
  if (!program) return fail(program.error());
  Command command{.argv = {*program}};
  // iptables and ip, which plugins start, are found in these.
  const char* path = std::getenv("PATH");
  command.environment = std::vector<std::string>{
      "CNI_COMMAND=" + invocation.command,   "CNI_CONTAINERID=" + invocation.containerId,
      "CNI_NETNS=" + invocation.netns,       "CNI_IFNAME=" + invocation.interface,
      "CNI_ARGS=" + invocation.args,         "CNI_PATH=" + joined(binDirs_),
      std::string("PATH=") + (path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")};
  std::string input = json::serialize(configuration);
  auto output = cleat::run(command, {.input = input, .timeoutMs = timeoutMs_});
  if (!output) return fail(output.error());
  if (output->timedOut)
    return fail(failure(type, invocation.command,
                        "no answer within " + std::to_string(timeoutMs_ / 1000) + " s, and was killed"));
  if (output->exitCode != 0) return fail(failure(type, invocation.command, whyItFailed(*output)));
  if (invocation.command != "ADD") return json::object();
  json::error_code error;
  json::value root = json::parse(output->standardOutput, error);
  if (error || !root.is_object())
    return fail(failure(type, invocation.command, "its result is not a JSON object"));
  return std::move(root.get_object());
}

}  // namespace cleat::network
