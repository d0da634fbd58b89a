// A controller that ticks every ten minutes, and writes down in a config map of its own name how long it has run by its
// own clock each time. Compiled twice, for two of them.
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/time.h>

namespace {

using namespace cleat;
using core_v1::ConfigMap;

class Stopwatch : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    begun_ = context().now();
    spawn(tick());
    co_return {};
  }

 private:
  Task<void> tick() {
    for (;;) {
      co_await context().sleep(std::chrono::minutes(10));
      ticks_ += formatDuration(context().now() - begun_) + " ";
      Draft<ConfigMap> map;
      map->initMetadata().setName(FIXTURE_NAME);
      map->getMetadata().setNamespace("default");
      auto data = map->initData(1);
      data[0].setKey("ticks");
      data[0].setValue(ticks_);
      const auto before = co_await client_.get<ConfigMap>("default", FIXTURE_NAME);
      if (before) {
        map->getMetadata().setResourceVersion((*before)->getMetadata().getResourceVersion());
        const auto written = co_await client_.update(std::move(map));
        if (!written) log().warn("cannot write: ", written.error());
      } else {
        const auto written = co_await client_.create(std::move(map));
        if (!written) log().warn("cannot write: ", written.error());
      }
    }
  }

  Instant begun_{};
  std::string ticks_;
  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(Stopwatch, .name = FIXTURE_NAME, .version = "1.0.0", .maturity = "alpha", .roles = "controller",
             .grants = "- configmaps get,create,update\n");
