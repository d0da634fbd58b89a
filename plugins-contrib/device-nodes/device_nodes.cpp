// Fills the role `device-driver`: device nodes of the machine, by the names that its operator gives them, for pods that
// claim them. What there is is published as the node's ResourceSlice; what a claim has got is described for the runtime
// in a file of the Container Device Interface while it is prepared.
#include <cleat/schema/role/device_driver.interface.h>
#include <cleat/schema/role/device_driver.role.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>

namespace {

using namespace cleat;
using resource_v1::ResourceSlice;

// What is written into a file of JSON as it is.
bool isPlain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char letter) {
    return letter > ' ' && letter < 127 && letter != '"' && letter != '\\';
  });
}

bool isName(std::string_view text) {
  return isPlain(text) && std::ranges::all_of(text, [](unsigned char letter) {
           return std::islower(letter) || std::isdigit(letter) || letter == '-';
         });
}

// "fast-disk" is the variable DEVICE_FAST_DISK.
std::string variableOf(const std::string& device) {
  std::string name = "DEVICE_";
  for (const char letter : device) name += letter == '-' ? '_' : static_cast<char>(std::toupper(letter));
  return name;
}

class DeviceNodes : public RolePlugin<role::DeviceDriverRole> {
 public:
  explicit DeviceNodes(Context& context)
      : RolePlugin(context), client_(context),
        slices_(context, {.fieldSelector = "spec.nodeName=" + context.config().nodeName()}) {}

  Task<Result<void>> start() override {
    driver_ = config().string("driver");
    folder_ = config().string("cdi_folder");
    if (!isPlain(driver_) || !isPlain(folder_) || folder_.front() != '/') {
      co_return fail(Status::badRequest("driver, cdi_folder: must be the name of a driver and an absolute path"));
    }
    for (const std::string& entry : config().list("devices")) {
      const size_t at = entry.find('=');
      const std::string name = entry.substr(0, at), path = at == std::string::npos ? "" : entry.substr(at + 1);
      if (!isName(name) || !isPlain(path) || path.front() != '/') {
        co_return fail(Status::badRequest(concat("devices: ", inQuotes(entry), ": must be NAME=/dev/…")));
      }
      paths_[name] = path;
    }
    slices_.onChange([this](const Object<ResourceSlice>&, const Object<ResourceSlice>&) { spawn(publish()); });
    slices_.start();
    spawn(publishOnce());
    co_return {};
  }

  Task<Result<void>> describe(Call<role::DeviceDrivers>& call) override {
    auto results = call.results();
    results.initDrivers(1).set(0, driver_);
    auto look = [paths = paths_] {
      std::vector<std::pair<std::string, int>> problems;
      for (const auto& [device, path] : paths) {
        struct stat there{};
        problems.emplace_back(device, stat(path.c_str(), &there) == 0 ? 0 : errno);
      }
      return problems;
    };
    const auto problems = co_await context().blocking(look);
    auto health = results.initHealth(static_cast<uint32_t>(problems.size()));
    for (uint32_t i = 0; i < health.size(); ++i) {
      const auto& [device, problem] = problems[i];
      health[i].setDriver(driver_);
      health[i].setPool(config().nodeName());
      health[i].setDevice(device);
      health[i].setHealth(problem == 0 ? role::Health::HEALTHY : role::Health::UNHEALTHY);
      if (problem != 0) health[i].setMessage(systemError(paths_.at(device), problem).message);
    }
    co_return {};
  }

  // Asked once more after a crash of either side, or a reboot: the file is written anew.
  Task<Result<void>> prepare(role::PrepareClaimParams::Reader params, Call<role::PrepareClaimResults>& call) override {
    auto results = call.results();
    if (params.getParameters().size() > 0) {
      co_return fail(Status::badRequest(concat(driver_, " takes no parameters (config)")));
    }
    const std::string uid = str(params.getClaimUid());
    std::string text;
    auto prepared = results.initDevices(params.getDevices().size());
    for (uint32_t i = 0; i < prepared.size(); ++i) {
      auto claimed = params.getDevices()[i];
      const std::string device = str(claimed.getDevice());
      const auto path = paths_.find(device);
      if (path == paths_.end()) co_return fail(Status::badRequest(concat("there is no device ", inQuotes(device))));
      const std::string request = str(claimed.getRequest());
      const std::string name = concat(uid, "-", device);
      prepared[i].initRequests(1).set(0, request.substr(0, request.find('/')));
      prepared[i].setPool(claimed.getPool());
      prepared[i].setDevice(device);
      prepared[i].initCdiDevices(1).set(0, concat(driver_, "/node=", name));
      text += concat(text.empty() ? "" : ",", R"({"name":")", name, R"(","containerEdits":{"env":[")",
                     variableOf(device), "=", path->second, R"("],"deviceNodes":[{"path":")", path->second, R"("}]}})");
    }
    const std::string file = fileOf(uid);
    text = concat(R"({"cdiVersion":"0.6.0","kind":")", driver_, R"(/node","devices":[)", text, "]}\n");
    auto work = [folder = folder_, file, text]() -> Result<void> {
      CLEAT_TRY(makeFolders(folder, 0755));
      return writeFile(file, text, 0644);
    };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> unprepare(role::UnprepareClaimParams::Reader params, Call<void>&) override {
    const std::string file = fileOf(str(params.getClaimUid()));
    auto work = [file]() -> Result<void> {
      if (unlink(file.c_str()) == 0 || errno == ENOENT) return {};
      return fail(systemError("cannot remove " + file, errno));
    };
    co_return co_await context().blocking(work);
  }

 private:
  std::string fileOf(const std::string& claimUid) const {
    return concat(folder_, "/", driver_, "-", claimUid, ".json");
  }
  std::string sliceName() const { return concat(config().nodeName(), "-", driver_); }

  Task<void> publishOnce() {
    co_await slices_.waitSynced();
    co_await publish();
  }

  // Brings the node's slice to what the settings say; somebody may have changed it, or taken it away.
  Task<void> publish() {
    if (isPublishing_ || !slices_.synced()) co_return;
    isPublishing_ = true;
    while (true) {
      Result<void> done = co_await write();
      if (done) break;
      log().warn("cannot publish the devices: ", done.error());
      co_await context().sleep(std::chrono::seconds(1));
    }
    isPublishing_ = false;
  }

  Task<Result<void>> write() {
    const Object<ResourceSlice> before = slices_.get(sliceName());
    if (before && isAsItShouldBe(before)) co_return {};
    Draft<ResourceSlice> draft;
    if (before) draft = Draft<ResourceSlice>(before);
    if (!before) {
      CLEAT_CO_TRY(const Object<core_v1::Node> node, co_await client_.get<core_v1::Node>(config().nodeName()));
      auto meta = draft->initMetadata();
      meta.setName(sliceName());
      auto owner = meta.initOwnerReferences(1)[0];
      owner.setApiVersion("v1");
      owner.setKind("Node");
      owner.setName(config().nodeName());
      owner.setUid(str(node.uid()));
      draft->initSpec();
    }
    fill(draft->getSpec(), before ? before->getSpec().getPool().getGeneration() + 1 : 1);
    if (before) {
      auto updated = co_await client_.update(std::move(draft));
      if (!updated && !updated.error().is(409)) co_return fail(updated.error());
    } else {
      auto created = co_await client_.create(std::move(draft));
      if (!created && !created.error().is(409)) co_return fail(created.error());
    }
    co_return {};
  }

  void fill(resource_v1::ResourceSliceSpec::Builder spec, int64_t generation) const {
    spec.setDriver(driver_);
    spec.setNodeName(config().nodeName());
    auto pool = spec.initPool();
    pool.setName(config().nodeName());
    pool.setGeneration(generation);
    pool.setResourceSliceCount(1);
    auto devices = spec.initDevices(static_cast<uint32_t>(paths_.size()));
    uint32_t at = 0;
    for (const auto& [name, path] : paths_) {
      devices[at].setName(name);
      auto attribute = devices[at++].initAttributes(1)[0];
      attribute.setKey("path");
      attribute.initValue().setString(path);
    }
  }

  bool isAsItShouldBe(const Object<ResourceSlice>& slice) const {
    auto devices = slice->getSpec().getDevices();
    if (devices.size() != paths_.size()) return false;
    uint32_t at = 0;
    for (const auto& [name, path] : paths_) {
      auto device = devices[at++];
      if (view(device.getName()) != name || device.getAttributes().size() != 1 ||
          view(device.getAttributes()[0].getValue().getString()) != path) {
        return false;
      }
    }
    return true;
  }

  Client client_;
  Informer<ResourceSlice> slices_;
  std::string driver_, folder_;
  std::map<std::string, std::string> paths_;  // by the devices' names
  bool isPublishing_ = false;
};

}  // namespace

CLEAT_PLUGIN(DeviceNodes, .name = "device-nodes", .version = "1.0.0", .maturity = "alpha", .roles = "device-driver",
             .grants =
                 "- nodes get\n"
                 "resource.k8s.io resourceslices get,list,watch,create,update\n",
             .configSchema =
                 "driver string devices.example.com # the driver's name, as classes and claims know it\n"
                 "devices list # what there is: NAME=/dev/…\n"
                 "cdi_folder string /var/run/cdi # where the runtime looks for what devices need\n");
CLEAT_BRINGS(cleat::role::deviceDriver);
