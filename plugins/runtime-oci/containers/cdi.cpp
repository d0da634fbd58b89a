#include "containers/cdi.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr size_t kMostBytes = size_t{4} << 20;

const json::array& listIn(const json::object& from, const char* name) {
  static const json::array kNone;
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

const json::object& objectIn(const json::object& from, const char* name) {
  static const json::object kNone;
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

std::string textIn(const json::object& from, const char* name) {
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

int64_t numberIn(const json::object& from, const char* name) {
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

std::vector<json::object> objectsIn(const json::object& from, const char* name) {
  std::vector<json::object> all;
  for (const json::value& each : listIn(from, name)) {
    if (each.is_object()) all.push_back(each.get_object());
  }
  return all;
}

// The member, made where it is not there or is something else.
json::object& objectOf(json::object& parent, const char* name) {
  json::value& member = parent[name];
  if (!member.is_object()) member = json::object{};
  return member.get_object();
}

json::array& listOf(json::object& parent, const char* name) {
  json::value& member = parent[name];
  if (!member.is_array()) member = json::array{};
  return member.get_array();
}

struct SpecFile {
  std::string path, kind;
  json::object content;
};

Result<SpecFile> readSpecFile(const std::string& path) {
  CLEAT_TRY(const std::string text, readFile(path, kMostBytes));
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(Status::badRequest(concat(path, " is not a JSON object")));
  SpecFile file{path, textIn(value.get_object(), "kind"), std::move(value.get_object())};
  if (textIn(file.content, "cdiVersion").empty() || file.kind.find('/') == std::string::npos) {
    return fail(Status::badRequest(concat(path, " has no cdiVersion, or no kind such as example.com/gpu")));
  }
  return file;
}

struct KnownDevice {
  std::shared_ptr<const SpecFile> file;
  json::object edits;
  size_t folder = 0;
  bool isDisputed = false;
};
using KnownDevices = std::map<std::string, KnownDevice>;

void learn(KnownDevices& known, const std::shared_ptr<const SpecFile>& file, size_t folder) {
  for (const json::object& device : objectsIn(file->content, "devices")) {
    const std::string name = concat(file->kind, "=", textIn(device, "name"));
    const auto before = known.find(name);
    const bool isDisputed = before != known.end() && before->second.folder == folder;
    known.insert_or_assign(name, KnownDevice{file, objectIn(device, "containerEdits"), folder, isDisputed});
  }
}

// What cannot be read is said in `problems`: it matters where a device is missing.
KnownDevices devicesIn(const std::vector<std::string>& folders, std::string& problems) {
  KnownDevices known;
  for (size_t folder = 0; folder < folders.size(); ++folder) {
    auto names = listFolder(folders[folder]);
    if (!names) continue;  // mostly it is not there
    std::ranges::sort(*names);
    for (const std::string& name : *names) {
      if (!name.ends_with(".json")) continue;
      auto file = readSpecFile(concat(folders[folder], "/", name));
      if (file) {
        learn(known, std::make_shared<const SpecFile>(std::move(*file)), folder);
      } else {
        problems += concat("; ", file.error().message);
      }
    }
  }
  return known;
}

void setVariable(json::object& spec, std::string_view entry) {
  json::array& list = listOf(objectOf(spec, "process"), "env");
  const std::string prefix = concat(entry.substr(0, entry.find('=')), "=");
  for (json::value& each : list) {
    if (!each.is_string() || !std::string_view(each.get_string()).starts_with(prefix)) continue;
    each = json::string(entry);
    return;
  }
  list.push_back(json::string(entry));
}

// Takes away what is at that path already.
void dropAt(json::array& list, const char* key, std::string_view path) {
  auto isThere = [&](const json::value& each) { return each.is_object() && textIn(each.get_object(), key) == path; };
  list.erase(std::remove_if(list.begin(), list.end(), isThere), list.end());
}

// What the file leaves out is as the device is on this machine.
Result<json::object> deviceOf(const json::object& wanted) {
  const std::string path = textIn(wanted, "path"), hostPath = textIn(wanted, "hostPath");
  if (path.empty()) return fail(Status::badRequest("a CDI device node has no path"));
  json::object device{{"path", path}};
  std::string type = textIn(wanted, "type");
  int64_t deviceMajor = numberIn(wanted, "major"), deviceMinor = numberIn(wanted, "minor");
  if (type.empty() || (deviceMajor == 0 && type != "p")) {
    const std::string& from = hostPath.empty() ? path : hostPath;
    struct stat facts{};
    if (stat(from.c_str(), &facts) != 0) return fail(systemError("cannot find the device " + from, errno));
    if (type.empty()) type = S_ISBLK(facts.st_mode) ? "b" : S_ISCHR(facts.st_mode) ? "c" : "";
    if (type.empty()) return fail(Status::badRequest(concat(from, " is not a device node")));
    deviceMajor = major(facts.st_rdev);
    deviceMinor = minor(facts.st_rdev);
  }
  device["type"] = type;
  if (type != "p") {
    device["major"] = deviceMajor;
    device["minor"] = deviceMinor;
  }
  for (const char* name : {"fileMode", "uid", "gid"}) {
    if (const json::value* value = wanted.if_contains(name); value != nullptr && value->is_int64())
      device[name] = *value;
  }
  return device;
}

Result<void> addDevice(json::object& spec, const json::object& wanted) {
  CLEAT_TRY(json::object device, deviceOf(wanted));
  json::object& linux = objectOf(spec, "linux");
  const std::string type = textIn(device, "type");
  if (type == "b" || type == "c" || type == "u") {
    const std::string permissions = textIn(wanted, "permissions");
    listOf(objectOf(linux, "resources"), "devices")
        .push_back(json::object{{"allow", true},
                                {"type", type == "u" ? "c" : type},
                                {"major", device["major"]},
                                {"minor", device["minor"]},
                                {"access", permissions.empty() ? "rwm" : permissions}});
  }
  json::array& nodes = listOf(linux, "devices");
  dropAt(nodes, "path", textIn(device, "path"));
  nodes.push_back(std::move(device));
  return {};
}

Result<void> addMount(json::object& spec, const json::object& wanted) {
  const std::string source = textIn(wanted, "hostPath"), target = textIn(wanted, "containerPath");
  if (source.empty() || !target.starts_with('/')) {
    return fail(Status::badRequest("a CDI mount has no hostPath, or a containerPath that is not absolute"));
  }
  std::string type = textIn(wanted, "type");
  json::array options = listIn(wanted, "options");
  if (type.empty() || type == "bind") {
    type = "bind";
    const bool isBind = std::ranges::any_of(
        options, [](const json::value& each) { return each == json::value("bind") || each == json::value("rbind"); });
    if (!isBind) options.insert(options.begin(), json::value("rbind"));
  }
  json::array& mounts = listOf(spec, "mounts");
  dropAt(mounts, "destination", target);
  mounts.push_back(
      json::object{{"destination", target}, {"type", type}, {"source", source}, {"options", std::move(options)}});
  return {};
}

// What lies deeper is mounted later, so that it is not covered.
void sortMounts(json::object& spec) {
  auto depth = [](const json::value& each) {
    const std::string path = textIn(each.as_object(), "destination");
    return path == "/" ? 0 : std::count(path.begin(), path.end(), '/');
  };
  json::array& mounts = listOf(spec, "mounts");
  std::stable_sort(mounts.begin(), mounts.end(), [&](const auto& a, const auto& b) { return depth(a) < depth(b); });
}

Result<void> addHook(json::object& spec, const json::object& wanted) {
  constexpr std::array kNames = {"prestart",       "createRuntime", "createContainer",
                                 "startContainer", "poststart",     "poststop"};
  const std::string name = textIn(wanted, "hookName"), path = textIn(wanted, "path");
  if (std::ranges::find(kNames, name) == kNames.end() || path.empty()) {
    return fail(Status::badRequest(concat("a CDI hook has no path, or a name that is none: ", inQuotes(name))));
  }
  json::object hook{{"path", path}};
  for (const char* member : {"args", "env", "timeout"}) {
    if (const json::value* value = wanted.if_contains(member)) hook[member] = *value;
  }
  listOf(objectOf(spec, "hooks"), name.c_str()).push_back(std::move(hook));
  return {};
}

Result<void> applyOne(json::object& spec, const json::object& edits) {
  if (!listIn(edits, "netDevices").empty()) {
    return fail(Status::badRequest("CDI netDevices: this runtime moves no network devices into containers"));
  }
  for (const json::value& entry : listIn(edits, "env")) {
    if (entry.is_string()) setVariable(spec, entry.get_string());
  }
  for (const json::object& device : objectsIn(edits, "deviceNodes")) CLEAT_TRY(addDevice(spec, device));
  for (const json::object& mount : objectsIn(edits, "mounts")) CLEAT_TRY(addMount(spec, mount));
  for (const json::object& hook : objectsIn(edits, "hooks")) CLEAT_TRY(addHook(spec, hook));
  if (edits.contains("intelRdt")) objectOf(spec, "linux")["intelRdt"] = objectIn(edits, "intelRdt");
  for (const json::value& gid : listIn(edits, "additionalGids")) {
    json::array& groups = listOf(objectOf(objectOf(spec, "process"), "user"), "additionalGids");
    if (gid.is_int64() && gid.get_int64() > 0 && std::ranges::find(groups, gid) == groups.end()) groups.push_back(gid);
  }
  return {};
}

}  // namespace

Result<std::vector<json::object>> cdiEdits(const std::vector<std::string>& folders,
                                           const std::vector<std::string>& devices) {
  std::vector<json::object> edits;
  if (devices.empty()) return edits;
  std::string problems, missing;
  const KnownDevices known = devicesIn(folders, problems);
  std::set<const SpecFile*> used;
  for (const std::string& name : devices) {
    const auto found = known.find(name);
    if (found == known.end() || found->second.isDisputed) {
      missing += concat(missing.empty() ? "" : ", ", name);
      continue;
    }
    const KnownDevice& device = found->second;
    if (used.insert(device.file.get()).second) edits.push_back(objectIn(device.file->content, "containerEdits"));
    edits.push_back(device.edits);
  }
  if (missing.empty()) return edits;
  return fail(Status::badRequest(concat("CDI device injection failed: unresolvable CDI devices ", missing, problems)));
}

std::vector<std::string> cdiMountTargets(const std::vector<json::object>& edits) {
  std::vector<std::string> targets;
  for (const json::object& each : edits) {
    for (const json::object& mount : objectsIn(each, "mounts")) targets.push_back(textIn(mount, "containerPath"));
  }
  return targets;
}

Result<void> applyCdiEdits(json::object& spec, const std::vector<json::object>& edits) {
  for (const json::object& each : edits) CLEAT_TRY(applyOne(spec, each));
  if (!cdiMountTargets(edits).empty()) sortMounts(spec);
  return {};
}

}  // namespace cleat::runtime
