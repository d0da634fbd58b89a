#include <cleat/sdk/plugin.h>

#include "strand.h"

namespace cleat::detail {
namespace {

// One running plugin. Members end in the reverse order: the plugin before the context that it uses.
struct Instance {
  Instance(const cleat_host* host, cleat_context* abiContext, cleat_words config, const cleat_manifest& manifest)
      : context(host, abiContext, Config(config, manifest.config_schema)) {
    if ((manifest.flags & CLEAT_FLAG_CONCURRENT_CALLS) != 0) context.strand().takeConcurrentCalls();
  }
  Context context;
  std::unique_ptr<Plugin> plugin;
};

void tellReady(Context& context, const Result<void>& started) {
  Strand& strand = context.strand();
  std::string why = started ? std::string() : started.error().message;
  strand.host()->ready(strand.context(), started ? CLEAT_OK : CLEAT_FAILED, {why.data(), why.size()});
}

Task<void> startPlugin(Instance& instance) {
  Result<void> started = fail(Status());
  try {
    instance.plugin->serveRoles();
    Task<Result<void>> start = instance.plugin->start();
    started = co_await std::move(start);
  } catch (...) {
    started = fail(Status::internal(describeException()));
  }
  tellReady(instance.context, started);
}

}  // namespace

int32_t startInstance(const cleat_host* host, cleat_context* context, cleat_words config,
                      const cleat_manifest& manifest, PluginFactory factory, void** instance) noexcept {
  try {
    auto made = std::make_unique<Instance>(host, context, config, manifest);
    std::exception_ptr failed;
    made->context.strand().enter([&] {
      try {
        made->plugin = factory(made->context);
        spawn(startPlugin(*made));
      } catch (...) {
        failed = std::current_exception();
      }
    });
    if (failed) {
      stopInstance(made.release());
      std::rethrow_exception(failed);
    }
    *instance = made.release();
    return CLEAT_OK;
  } catch (...) {
    Log(host, context).error("cannot start: ", describeException());
    return CLEAT_FAILED;
  }
}

void deliverToInstance(void* instance, const cleat_event* event) noexcept {
  static_cast<Instance*>(instance)->context.strand().deliver(*event);
}

void stopInstance(void* instance) noexcept {
  std::unique_ptr<Instance> ending(static_cast<Instance*>(instance));
  Strand& strand = ending->context.strand();
  strand.enter([&] {
    if (ending->plugin != nullptr) ending->plugin->stop();
  });
  strand.enter([&] {
    strand.stop();
    ending->plugin.reset();
  });
  ending.reset();
}

Plugin& pluginOf(void* instance) { return *static_cast<Instance*>(instance)->plugin; }
void enterInstance(void* instance, const std::function<void()>& function) noexcept {
  static_cast<Instance*>(instance)->context.strand().enter(function);
}

}  // namespace cleat::detail
