// Says where images may come from: a pod whose containers name another registry is refused.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;
using core_v1::Pod;

class MyPlugin : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  // Which requests to see; anything else is not slowed down. Updates too: they may change an image.
  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE, role::Operation::UPDATE}, .validates = true}};
  }

  // Asked when all plugins that change objects have done so. `mutate` is the place to change one.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::string prefix = config().string("registry") + "/";
    const Object<Pod> pod = request.object<Pod>();
    for (auto container : pod->getSpec().getInitContainers()) {
      if (!view(container.getImage()).starts_with(prefix)) co_return refused(request, container, prefix);
    }
    for (auto container : pod->getSpec().getContainers()) {
      if (!view(container.getImage()).starts_with(prefix)) co_return refused(request, container, prefix);
    }
    co_return {};
  }

 private:
  static std::unexpected<Status> refused(AdmissionRequest& request, core_v1::Container::Reader container,
                                         const std::string& prefix) {
    return request.forbid(concat("the image ", inQuotes(view(container.getImage())), " of container ",
                                 view(container.getName()), " does not come from ", prefix));
  }
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "admission",
             .configSchema = "registry string registry.example # where images have to come from\n");
