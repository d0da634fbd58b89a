// Keeps a file true to the cluster's services: a line "ADDRESS:PORT/PROTOCOL ENDPOINT ENDPOINT …" for each port of each
// service that has a virtual address. Whatever forwards connections on this node can read it.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include <set>

namespace {

using namespace cleat;
using core_v1::Service;
using discovery_v1::EndpointSlice;

constexpr std::string_view kEverything = "services";

class MyPlugin : public ControllerPlugin {
 public:
  explicit MyPlugin(Context& context) : ControllerPlugin(context, "proxy") {}

 private:
  Result<void> watch() override {
    file_ = config().dataDir() + "/services";
    CLEAT_TRY(makeFolders(config().dataDir()));
    slices_.addIndex("service", [](const Object<EndpointSlice>& slice) {
      const auto service = lookup(slice.meta().getLabels(), "kubernetes.io/service-name");
      return std::vector{concat(slice.ns(), "/", service.value_or(""))};
    });
    // Whatever changes, the whole file is written anew: one key for all, so that many changes are one writing.
    auto all = [](const auto&) { return std::vector{std::string(kEverything)}; };
    controller().watch(services_, all);
    controller().watch(slices_, all);
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string) override {
    std::set<std::string> lines;
    services_.forEach([&](const Object<Service>& service) {
      const std::string_view address = view(service->getSpec().getClusterIP());
      if (address.empty() || address == "None") return;
      for (auto port : service->getSpec().getPorts()) lines.insert(lineOf(service, port));
    });
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    CLEAT_CO_TRY(writeFile(file_, text));
    co_return Reconciled{};
  }

  std::string lineOf(const Object<Service>& service, core_v1::ServicePort::Reader port) const {
    std::string line = concat(hostPort(str(service->getSpec().getClusterIP()), static_cast<uint16_t>(port.getPort())),
                              "/", view(port.getProtocol()));
    std::set<std::string> endpoints;
    for (const auto& slice : slices_.byIndex("service", service.key())) {
      for (auto of : slice->getPorts()) {
        if (view(of.getName()) != view(port.getName())) continue;
        for (auto endpoint : slice->getEndpoints()) {
          const bool ready = !endpoint.getConditions().hasReady() || endpoint.getConditions().getReady().getValue();
          if (!ready || endpoint.getAddresses().size() == 0) continue;
          endpoints.insert(hostPort(str(endpoint.getAddresses()[0]), static_cast<uint16_t>(of.getPort().getValue())));
        }
      }
    }
    for (const std::string& endpoint : endpoints) line += " " + endpoint;
    return line;
  }

  std::string file_;
  Informer<Service> services_{context()};
  Informer<EndpointSlice> slices_{context()};
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "proxy",
             .grants = "- services get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n");
