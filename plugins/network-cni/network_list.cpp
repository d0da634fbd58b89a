#include "network_list.h"

#include "cni_result.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/service_ranges.h>
#include <cleat/sdk/text.h>

#include <boost/json/serialize.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cleat::network {
namespace {

namespace json = boost::json;

constexpr size_t kMostPlugins = 64;

std::string textAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool supported(std::string_view version) {
  static constexpr std::string_view kVersions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
  return std::find(std::begin(kVersions), std::end(kVersions), version) != std::end(kVersions);
}

// Plugins make files and folders of this name.
bool isNetworkName(std::string_view name) {
  auto alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return alphanumeric(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool ends(std::string_view text, std::string_view with) { return text.ends_with(with); }

Result<void> checkPlugins(const NetworkList& list, const std::string& source) {
  if (list.name.empty()) return fail(Status::badRequest(source + ": name: Required value"));
  if (!isNetworkName(list.name))
    return fail(Status::badRequest(source +
                                   ": name: must begin with a letter or digit and consist of those, '.', '_' and '-'"));
  if (!supported(list.cniVersion))
    return fail(Status::badRequest(source + ": cniVersion: \"" + list.cniVersion +
                                   "\" is not supported: 0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0 are"));
  if (list.plugins.empty()) return fail(Status::badRequest(source + ": plugins: Required value"));
  if (list.plugins.size() > kMostPlugins)
    return fail(Status::badRequest(source + ": plugins: must have at most " + std::to_string(kMostPlugins) + " items"));
  for (size_t i = 0; i < list.plugins.size(); ++i) {
    std::string type = textAt(list.plugins[i], "type");
    std::string field = source + ": plugins[" + std::to_string(i) + "].type: ";
    if (type.empty()) return fail(Status::badRequest(field + "Required value"));
    // It becomes the name of a program in one of the bin folders.
    if (type.find_first_of(std::string_view("/\0", 2)) != std::string::npos || type == "." || type == "..")
      return fail(Status::badRequest(field + "\"" + type + "\" must be a file's name"));
  }
  return {};
}

}  // namespace

json::object NetworkList::toJson() const {
  json::object object{{"cniVersion", cniVersion}, {"name", name}};
  if (disableCheck) object["disableCheck"] = true;
  json::array list;
  for (const json::object& plugin : plugins) list.push_back(plugin);
  object["plugins"] = std::move(list);
  return object;
}

Result<NetworkList> parseNetworkList(const std::string& text, const std::string& source) {
  auto root = parseLimited(text);
  if (!root) return fail(Status::badRequest(source + ": " + root.error().message));
  return networkListOf(*root, source);
}

Result<NetworkList> networkListOf(const json::value& root, const std::string& source) {
  if (!root.is_object()) return fail(Status::badRequest(source + ": must be a JSON object"));
  const json::object& object = root.get_object();
  NetworkList list;
  list.name = textAt(object, "name");
  list.cniVersion = textAt(object, "cniVersion");
  if (list.cniVersion.empty()) list.cniVersion = "0.3.1";
  if (const json::value* disable = object.if_contains("disableCheck"))
    list.disableCheck =
        (disable->is_bool() && disable->get_bool()) || (disable->is_string() && disable->get_string() == "true");
  if (const json::value* plugins = object.if_contains("plugins")) {
    if (!plugins->is_array()) return fail(Status::badRequest(source + ": plugins: must be a list"));
    for (const json::value& plugin : plugins->get_array()) {
      if (!plugin.is_object()) return fail(Status::badRequest(source + ": plugins: must hold objects"));
      list.plugins.push_back(plugin.get_object());
    }
  } else if (object.contains("type")) {
    list.plugins.push_back(object);
  }
  CLEAT_TRY(checkPlugins(list, source));
  return list;
}

Result<NetworkList> loadNetworkList(const std::string& folder) {
  CLEAT_TRY(auto names, listFolder(folder));
  Status problem = Status::notFound("network configurations in", folder);
  for (const std::string& name : names) {
    if (!ends(name, ".conflist") && !ends(name, ".conf") && !ends(name, ".json")) continue;
    CLEAT_TRY(auto text, readFile(folder + "/" + name, 1 << 20));
    return parseNetworkList(text, folder + "/" + name);
  }
  return fail(problem);
}

NetworkList defaultNetworkList(const DefaultNetwork& network) {
  // Not in braces within each other: compilers disagree on whether that is a list of a list, or a copy of it.
  json::array ranges, routes;
  for (const std::string& subnet : network.subnets) {
    ranges.emplace_back(json::array{json::object{{"subnet", subnet}}});
    routes.emplace_back(json::object{{"dst", isIpv6(subnet) ? "::/0" : "0.0.0.0/0"}});
  }
  json::object ipam{{"type", "host-local"},
                    {"dataDir", network.allocations},
                    {"ranges", std::move(ranges)},
                    {"routes", std::move(routes)}};
  json::object bridge{{"type", "bridge"}, {"bridge", network.bridge}, {"isGateway", true},
                      {"ipMasq", false},  {"hairpinMode", true},      {"ipam", std::move(ipam)}};
  if (network.mtu > 0) bridge["mtu"] = network.mtu;
  json::object portmap{{"type", "portmap"}, {"capabilities", json::object{{"portMappings", true}}}};
  NetworkList list{.name = "cleat", .cniVersion = "1.0.0"};
  list.plugins.push_back(std::move(bridge));
  list.plugins.push_back(std::move(portmap));
  return list;
}

namespace {

Result<std::string> firstSubnet(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  const std::string address(cidr.substr(0, slash));
  const bool v6 = isIpv6(address);
  int length = -1;
  if (slash != std::string_view::npos) {
    const char* end = cidr.data() + cidr.size();
    auto [stop, error] = std::from_chars(cidr.data() + slash + 1, end, length);
    if (error != std::errc() || stop != end) length = -1;
  }
  in6_addr parsed{};
  // Smaller ones have no room for the bridge and a pod.
  const bool fits = length >= 0 && length <= (v6 ? 126 : 30);
  if (!fits || inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), &parsed) != 1)
    return fail(Status::badRequest(concat("\"", cidr, "\" is not a network like 10.244.0.0/16")));
  return concat(address, '/', std::max(length, v6 ? 64 : 24));
}

}  // namespace

Result<std::vector<std::string>> firstSubnets(const std::string& cidrs) {
  std::vector<std::string> subnets;
  for (std::string_view cidr : podRanges(cidrs)) {
    CLEAT_TRY(std::string subnet, firstSubnet(cidr));
    if (!subnets.empty() && (subnets.size() == 2 || isIpv6(subnets.front()) == isIpv6(subnet)))
      return fail(Status::badRequest(concat("\"", cidrs, "\": two networks must be one of each family")));
    subnets.push_back(std::move(subnet));
  }
  return subnets;
}

}  // namespace cleat::network
