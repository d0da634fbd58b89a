#include "containers/pod_records.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

json::array toJson(const Pairs& pairs) {
  json::array array;
  for (const auto& [key, value] : pairs) array.push_back(json::array{key, value});
  return array;
}

json::object toJson(const Resources& resources) {
  return {{"cpuShares", resources.cpuShares},     {"cpuQuotaUs", resources.cpuQuotaUs},
          {"cpuPeriodUs", resources.cpuPeriodUs}, {"memoryLimitBytes", resources.memoryLimitBytes},
          {"oomScoreAdj", resources.oomScoreAdj}, {"pidsLimit", resources.pidsLimit},
          {"cpusetCpus", resources.cpusetCpus}};
}

json::array toJson(const std::vector<IdRange>& ranges) {
  json::array array;
  for (const IdRange& each : ranges) array.push_back(json::array{each.containerId, each.hostId, each.length});
  return array;
}

json::object toJson(const UserRecord& user) {
  return {{"uid", user.uid}, {"gid", user.gid}, {"groups", json::array(user.groups.begin(), user.groups.end())}};
}

// Reads the members of one object. What is absent is as if never set: an older record may lack what a newer one has.
class Fields {
 public:
  explicit Fields(const json::value& value) : object_(value.as_object()) {}

  void read(const char* key, std::string& to) const {
    if (const json::value* value = object_.if_contains(key)) to = value->as_string();
  }
  void read(const char* key, bool& to) const {
    if (const json::value* value = object_.if_contains(key)) to = value->as_bool();
  }
  template <std::integral I>
  void read(const char* key, I& to) const {
    if (const json::value* value = object_.if_contains(key)) to = value->to_number<I>();
  }
  void read(const char* key, std::vector<std::string>& to) const {
    if (const json::value* value = object_.if_contains(key))
      for (const json::value& each : value->as_array()) to.emplace_back(each.as_string());
  }
  void read(const char* key, Pairs& to) const {
    if (const json::value* value = object_.if_contains(key))
      for (const json::value& each : value->as_array())
        to.emplace_back(std::string(each.at(0).as_string()), std::string(each.at(1).as_string()));
  }
  void read(const char* key, std::vector<IdRange>& to) const {
    if (const json::value* value = object_.if_contains(key))
      for (const json::value& each : value->as_array())
        to.push_back(
            {each.at(0).to_number<uint32_t>(), each.at(1).to_number<uint32_t>(), each.at(2).to_number<uint32_t>()});
  }
  void read(const char* key, UserRecord& to) const {
    const json::value* value = object_.if_contains(key);
    if (!value) return;
    Fields fields(*value);
    fields.read("uid", to.uid);
    fields.read("gid", to.gid);
    for (const json::value& group : value->at("groups").as_array()) to.groups.push_back(group.to_number<int64_t>());
  }
  void read(const char* key, Resources& to) const {
    const json::value* value = object_.if_contains(key);
    if (!value) return;
    Fields fields(*value);
    fields.read("cpuShares", to.cpuShares);
    fields.read("cpuQuotaUs", to.cpuQuotaUs);
    fields.read("cpuPeriodUs", to.cpuPeriodUs);
    fields.read("memoryLimitBytes", to.memoryLimitBytes);
    fields.read("oomScoreAdj", to.oomScoreAdj);
    fields.read("pidsLimit", to.pidsLimit);
    fields.read("cpusetCpus", to.cpusetCpus);
  }

 private:
  const json::object& object_;
};

template <class Record, class F>
Result<Record> parseRecord(const std::string& text, F read) try {
  Record record;
  json::value root = json::parse(text);
  read(Fields(root), record);
  if (record.id.empty()) return fail(Status::internal("a record without an id"));
  return record;
} catch (const std::exception& error) {
  return fail(Status::internal(std::string("a damaged record: ") + error.what()));
}

}  // namespace

json::array toJson(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.push_back(json::value(text));
  return array;
}

std::string toJsonText(const SandboxRecord& r) {
  return json::serialize(json::object{{"id", r.id},
                                      {"podNamespace", r.podNamespace},
                                      {"podName", r.podName},
                                      {"podUid", r.podUid},
                                      {"attempt", r.attempt},
                                      {"hostname", r.hostname},
                                      {"logDirectory", r.logDirectory},
                                      {"cgroupParent", r.cgroupParent},
                                      {"hostNetwork", r.hostNetwork},
                                      {"hostPid", r.hostPid},
                                      {"hostIpc", r.hostIpc},
                                      {"sharePid", r.sharePid},
                                      {"sysctls", toJson(r.sysctls)},
                                      {"labels", toJson(r.labels)},
                                      {"annotations", toJson(r.annotations)},
                                      {"resources", toJson(r.resources)},
                                      {"shmSizeBytes", r.shmSizeBytes},
                                      {"uidMappings", toJson(r.ids.uids)},
                                      {"gidMappings", toJson(r.ids.gids)},
                                      {"createdAtNs", r.createdAtNs},
                                      {"netnsPath", r.netnsPath},
                                      {"pausePid", r.pausePid}});
}

Result<SandboxRecord> parseSandboxRecord(const std::string& text) {
  return parseRecord<SandboxRecord>(text, [](const Fields& fields, SandboxRecord& r) {
    fields.read("id", r.id);
    fields.read("podNamespace", r.podNamespace);
    fields.read("podName", r.podName);
    fields.read("podUid", r.podUid);
    fields.read("attempt", r.attempt);
    fields.read("hostname", r.hostname);
    fields.read("logDirectory", r.logDirectory);
    fields.read("cgroupParent", r.cgroupParent);
    fields.read("hostNetwork", r.hostNetwork);
    fields.read("hostPid", r.hostPid);
    fields.read("hostIpc", r.hostIpc);
    fields.read("sharePid", r.sharePid);
    fields.read("sysctls", r.sysctls);
    fields.read("labels", r.labels);
    fields.read("annotations", r.annotations);
    fields.read("resources", r.resources);
    fields.read("shmSizeBytes", r.shmSizeBytes);
    fields.read("uidMappings", r.ids.uids);
    fields.read("gidMappings", r.ids.gids);
    fields.read("createdAtNs", r.createdAtNs);
    fields.read("netnsPath", r.netnsPath);
    fields.read("pausePid", r.pausePid);
  });
}

std::string toJsonText(const ContainerRecord& r) {
  return json::serialize(json::object{{"id", r.id},
                                      {"sandboxId", r.wish.sandboxId},
                                      {"name", r.wish.name},
                                      {"attempt", r.wish.attempt},
                                      {"image", r.wish.image},
                                      {"labels", toJson(r.wish.labels)},
                                      {"annotations", toJson(r.wish.annotations)},
                                      {"stdin", r.wish.stdinOpen},
                                      {"stdinOnce", r.wish.stdinOnce},
                                      {"tty", r.wish.tty},
                                      {"imageId", r.imageId},
                                      {"stopSignal", r.stopSignal},
                                      {"cgroup", r.cgroup},
                                      {"logPath", r.logPath},
                                      {"layers", toJson(r.layers)},
                                      {"volumeLayers", toJson(r.volumeLayers)},
                                      {"createdAtNs", r.createdAtNs},
                                      {"startedAtNs", r.startedAtNs},
                                      {"finishedAtNs", r.finishedAtNs},
                                      {"exited", r.exited},
                                      {"oomKilled", r.oomKilled},
                                      {"exitCode", r.exitCode},
                                      {"message", r.message},
                                      {"user", toJson(r.user)}});
}

Result<ContainerRecord> parseContainerRecord(const std::string& text) {
  return parseRecord<ContainerRecord>(text, [](const Fields& fields, ContainerRecord& r) {
    fields.read("id", r.id);
    fields.read("sandboxId", r.wish.sandboxId);
    fields.read("name", r.wish.name);
    fields.read("attempt", r.wish.attempt);
    fields.read("image", r.wish.image);
    fields.read("labels", r.wish.labels);
    fields.read("annotations", r.wish.annotations);
    fields.read("stdin", r.wish.stdinOpen);
    fields.read("stdinOnce", r.wish.stdinOnce);
    fields.read("tty", r.wish.tty);
    fields.read("imageId", r.imageId);
    fields.read("stopSignal", r.stopSignal);
    fields.read("cgroup", r.cgroup);
    fields.read("logPath", r.logPath);
    fields.read("layers", r.layers);
    fields.read("volumeLayers", r.volumeLayers);
    fields.read("createdAtNs", r.createdAtNs);
    fields.read("startedAtNs", r.startedAtNs);
    fields.read("finishedAtNs", r.finishedAtNs);
    fields.read("exited", r.exited);
    fields.read("oomKilled", r.oomKilled);
    fields.read("exitCode", r.exitCode);
    fields.read("message", r.message);
    fields.read("user", r.user);
  });
}

}  // namespace cleat::runtime
