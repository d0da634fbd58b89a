#include "attachments.h"

#include <cleat/sdk/file.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <optional>

namespace cleat::network {
namespace {

namespace json = boost::json;

// What is kept of an attachment: enough to run DEL and CHECK exactly as ADD was run.
struct Record {
  Sandbox sandbox;
  NetworkList list;
  std::optional<json::object> result;
};

json::array portsToJson(const std::vector<PortMapping>& ports) {
  json::array array;
  for (const PortMapping& port : ports) {
    std::string protocol;
    for (char c : port.protocol) protocol += char(std::tolower(c));
    json::object entry{{"hostPort", port.hostPort},
                       {"containerPort", port.containerPort},
                       {"protocol", protocol.empty() ? "tcp" : protocol}};
    if (!port.hostIp.empty()) entry["hostIP"] = port.hostIp;
    array.push_back(std::move(entry));
  }
  return array;
}

std::vector<PortMapping> portsFromJson(const json::value& value) {
  std::vector<PortMapping> ports;
  for (const json::value& entry : value.as_array()) {
    const json::object& object = entry.as_object();
    const json::value* hostIp = object.if_contains("hostIP");
    ports.push_back({object.at("hostPort").to_number<uint16_t>(), object.at("containerPort").to_number<uint16_t>(),
                     std::string(object.at("protocol").as_string()),
                     hostIp ? std::string(hostIp->as_string()) : std::string()});
  }
  return ports;
}

std::string toText(const Record& record) {
  const Sandbox& sandbox = record.sandbox;
  json::object object{
      {"sandbox", sandbox.id},          {"netns", sandbox.netns},   {"podNamespace", sandbox.podNamespace},
      {"podName", sandbox.podName},     {"podUid", sandbox.podUid}, {"portMappings", portsToJson(sandbox.ports)},
      {"network", record.list.toJson()}};
  if (record.result) object["result"] = *record.result;
  return json::serialize(object);
}

Result<Record> fromText(const std::string& text, const std::string& source) try {
  json::parse_options options;
  options.max_depth = 2 * kMostJsonDepth;  // what is in it may be as deep as we let it
  json::value root = json::parse(text, {}, options);
  const json::object& object = root.as_object();
  auto textAt = [&](const char* key) { return std::string(object.at(key).as_string()); };
  Record record;
  record.sandbox = {textAt("sandbox"), textAt("netns"),  textAt("podNamespace"),
                    textAt("podName"), textAt("podUid"), portsFromJson(object.at("portMappings"))};
  CLEAT_TRY(auto list, networkListOf(object.at("network"), source));
  record.list = std::move(list);
  if (const json::value* result = object.if_contains("result")) record.result = result->as_object();
  return record;
} catch (const std::exception& error) {
  return fail(Status::internal(source + " is damaged: " + error.what()));
}

// Section 3 of the specification, "Deriving execution configuration from plugin configuration".
json::object executionConfiguration(const Record& record, const json::object& plugin, const json::object* prevResult) {
  json::object configuration = plugin;
  configuration["cniVersion"] = record.list.cniVersion;
  configuration["name"] = record.list.name;
  json::object runtimeConfig;
  const json::value* capabilities = plugin.if_contains("capabilities");
  if (capabilities && capabilities->is_object()) {
    const json::value* wanted = capabilities->get_object().if_contains("portMappings");
    if (wanted && wanted->is_bool() && wanted->get_bool() && !record.sandbox.ports.empty())
      runtimeConfig["portMappings"] = portsToJson(record.sandbox.ports);
  }
  if (!runtimeConfig.empty()) configuration["runtimeConfig"] = std::move(runtimeConfig);
  if (prevResult) configuration["prevResult"] = *prevResult;
  return configuration;
}

Invocation invocationOf(const Sandbox& sandbox, std::string command) {
  return {.command = std::move(command),
          .containerId = sandbox.id,
          .netns = sandbox.netns,
          .args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=" + sandbox.podNamespace + ";K8S_POD_NAME=" + sandbox.podName +
                  ";K8S_POD_INFRA_CONTAINER_ID=" + sandbox.id + ";K8S_POD_UID=" + sandbox.podUid};
}

Result<json::object> runAdd(const PluginRunner& runner, const Record& record) {
  Invocation invocation = invocationOf(record.sandbox, "ADD");
  std::optional<json::object> previous;
  for (const json::object& plugin : record.list.plugins) {
    CLEAT_TRY(auto result,
              runner.run(invocation, executionConfiguration(record, plugin, previous ? &*previous : nullptr)));
    previous = std::move(result);
  }
  return std::move(*previous);
}

Result<void> runDelete(const PluginRunner& runner, const Record& record) {
  Invocation invocation = invocationOf(record.sandbox, "DEL");
  // A namespace that is gone is given as none: plugins then release what is theirs outside of it.
  if (access(invocation.netns.c_str(), F_OK) != 0) invocation.netns.clear();
  // 0.4.0 introduced prevResult for DEL.
  const json::object* previous =
      record.result && !record.list.cniVersion.starts_with("0.3") ? &*record.result : nullptr;
  for (auto plugin = record.list.plugins.rbegin(); plugin != record.list.plugins.rend(); ++plugin) {
    CLEAT_TRY(runner.run(invocation, executionConfiguration(record, *plugin, previous)));
  }
  return {};
}

Result<void> checkId(const std::string& id) {
  bool fine = !id.empty() && id.size() <= 128;
  for (char c : id) fine = fine && (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_');
  if (!fine) return fail(Status::badRequest("\"" + id + "\" is not a sandbox's id"));
  return {};
}

}  // namespace

Result<void> Attachments::ready() const {
  for (const json::object& plugin : list_.plugins)
    if (auto found = runner_.find(std::string(plugin.at("type").as_string())); !found) return fail(found.error());
  return {};
}

Result<std::vector<std::string>> Attachments::connect(const Sandbox& sandbox) {
  CLEAT_TRY(checkId(sandbox.id));
  auto text = readFile(fileOf(sandbox.id));
  if (text) {
    auto known = fromText(*text, fileOf(sandbox.id));
    if (known && known->result) {
      CLEAT_TRY(guardSource(*known->result));
      return addressesOf(*known->result);
    }
    CLEAT_TRY(disconnect(sandbox));
  } else if (!text.error().is(404)) {
    return fail(text.error());
  }
  Record record{.sandbox = sandbox, .list = list_};
  CLEAT_TRY(writeFile(fileOf(sandbox.id), toText(record)));
  auto result = runAdd(runner_, record);
  Result<std::vector<std::string>> addresses;
  if (result) {
    record.result = std::move(*result);
    addresses = addressesOf(*record.result);
    if (auto guarded = guardSource(*record.result); addresses && !guarded) addresses = fail(guarded.error());
    if (addresses)
      if (auto written = writeFile(fileOf(sandbox.id), toText(record)); !written) addresses = fail(written.error());
  } else {
    addresses = fail(result.error());
  }
  // What was done of a connection that failed is undone now; if that fails too, the record stays for `disconnect`.
  if (!addresses && runDelete(runner_, record)) unlink(fileOf(sandbox.id).c_str());
  return addresses;
}

Result<void> Attachments::guardSource(const json::object& result) const {
  if (!guard_) return {};
  std::optional<PodPort> port = podPortOf(result, guard_->bridge);
  if (!port) return fail(Status::internal("the network plugins' result does not say which interface is the sandbox's"));
  return guard_->guard.guard(*port);
}

Result<void> Attachments::forgetSource(const json::object& result) const {
  std::optional<PodPort> port;
  if (guard_) port = podPortOf(result, guard_->bridge);
  return port ? guard_->guard.forget(port->interface) : Result<void>();
}

Result<void> Attachments::check(const std::string& sandboxId) {
  CLEAT_TRY(checkId(sandboxId));
  CLEAT_TRY(auto text, readFile(fileOf(sandboxId)));
  CLEAT_TRY(auto record, fromText(text, fileOf(sandboxId)));
  if (!record.result) return fail(Status::internal("sandbox " + sandboxId + " was not connected to its end"));
  if (record.list.disableCheck || record.list.cniVersion.starts_with("0.3")) return {};
  Invocation invocation = invocationOf(record.sandbox, "CHECK");
  for (const json::object& plugin : record.list.plugins) {
    CLEAT_TRY(runner_.run(invocation, executionConfiguration(record, plugin, &*record.result)));
  }
  return {};
}

Result<void> Attachments::disconnect(const Sandbox& sandbox) {
  CLEAT_TRY(checkId(sandbox.id));
  auto text = readFile(fileOf(sandbox.id));
  if (!text && text.error().is(404)) return {};
  CLEAT_TRY(text);
  auto record = fromText(*text, fileOf(sandbox.id));
  // A damaged record says nothing of what was done; DEL with what we would use today finds it by the sandbox's id.
  if (!record) record = Record{.sandbox = sandbox, .list = list_};
  CLEAT_TRY(runDelete(runner_, *record));
  if (record->result) {
    CLEAT_TRY(forgetSource(*record->result));
  }
  if (unlink(fileOf(sandbox.id).c_str()) != 0 && errno != ENOENT)
    return fail(systemError("cannot remove " + fileOf(sandbox.id), errno));
  return {};
}

Result<std::vector<std::string>> Attachments::sandboxIds() const {
  CLEAT_TRY(auto names, listFolder(folder_));
  std::vector<std::string> ids;
  for (const std::string& name : names)
    if (name.ends_with(".json")) ids.push_back(name.substr(0, name.size() - 5));
  return ids;
}

}  // namespace cleat::network
