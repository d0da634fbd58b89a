// What a plugin's source is made of: a class derived from Plugin, and CLEAT_PLUGIN, which makes the shared object's
// manifest and its one exported function.
//
//   class Example : public Plugin {
//    public:
//     using Plugin::Plugin;
//     Task<Result<void>> start() override {
//       pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { … });
//       co_await pods_.waitSynced();
//       co_return {};
//     }
//    private:
//     Informer<Pod> pods_{context()};
//   };
//   CLEAT_PLUGIN(Example, .name = "example", .version = "0.1.0", .maturity = "alpha", .roles = "controller",
//                .grants = "- pods get,list,watch\n", .configSchema = "greeting string hello # what it says\n");
//
// The plugin is ready, and gets role calls, when `start` has ended without an error. Exceptions do not leave it: one
// out of the constructor or `start` fails the start, one out of a handler fails the call, one out of a spawned task is
// logged.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>
#include <cleat_abi.h>

#include <functional>
#include <memory>
#include <string_view>

namespace cleat {

class Plugin {
 public:
  explicit Plugin(Context& context) : context_(context) {}
  virtual ~Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // Catches up with what it must know before its first call, and may fill roles by context().serve. An error, or an
  // exception, is why it cannot start.
  virtual Task<Result<void>> start() { co_return Result<void>(); }
  // Called before the end: join threads of your own here. Waiting coroutines are destroyed afterwards, then the plugin.
  virtual void stop() {}

  Context& context() { return context_; }
  const Log& log() const { return context_.log; }
  const Config& config() const { return context_.config(); }

  // Called before `start`. RolePlugin (roles.h) fills its roles here.
  virtual void serveRoles() {}

 private:
  Context& context_;
};

// The texts of a cleat_manifest (cleat_abi.h says what each holds).
struct ManifestTexts {
  std::string_view name;
  std::string_view version = "0.1.0";
  std::string_view maturity = "alpha";
  std::string_view roles = {};
  std::string_view grants = {};
  std::string_view configSchema = {};
  uint32_t flags = 0;
};

namespace detail {

template <size_t Size>
consteval void fill(char (&field)[Size], std::string_view text) {
  // Not a constant expression: the compiler stops here when a text of the manifest is too long for its field.
  if (text.size() >= Size) throw "a text of the plugin's manifest is too long";
  for (size_t i = 0; i < text.size(); ++i) field[i] = text[i];
}

consteval cleat_manifest makeManifest(const ManifestTexts& texts) {
  if (texts.name.empty()) throw "the plugin's manifest has no name";
  cleat_manifest manifest{};
  for (size_t i = 0; i < sizeof manifest.magic; ++i) manifest.magic[i] = CLEAT_MANIFEST_MAGIC[i];
  manifest.struct_size = sizeof manifest;
  manifest.abi_major = CLEAT_ABI_MAJOR;
  manifest.abi_minor = CLEAT_ABI_MINOR;
  manifest.flags = texts.flags;
  fill(manifest.name, texts.name);
  fill(manifest.version, texts.version);
  fill(manifest.maturity, texts.maturity);
  fill(manifest.roles, texts.roles);
  fill(manifest.grants, texts.grants);
  fill(manifest.config_schema, texts.configSchema);
  return manifest;
}

using PluginFactory = std::unique_ptr<Plugin> (*)(Context&);
template <class P>
std::unique_ptr<Plugin> makePlugin(Context& context) {
  return std::make_unique<P>(context);
}

// The bodies of the functions in the plugin's table: nothing throws out of them.
int32_t startInstance(const cleat_host* host, cleat_context* context, cleat_words config,
                      const cleat_manifest& manifest, PluginFactory factory, void** instance) noexcept;
void deliverToInstance(void* instance, const cleat_event* event) noexcept;
void stopInstance(void* instance) noexcept;
// For tests: the plugin of an instance, and a way to run something on its strand.
Plugin& pluginOf(void* instance);
void enterInstance(void* instance, const std::function<void()>& function) noexcept;

}  // namespace detail
}  // namespace cleat

#define CLEAT_PLUGIN(Class, ...)                                                                                     \
  namespace {                                                                                                        \
  [[gnu::section(CLEAT_MANIFEST_SECTION), gnu::used, gnu::retain]] constinit const cleat_manifest cleatManifest =    \
      ::cleat::detail::makeManifest(::cleat::ManifestTexts{__VA_ARGS__});                                            \
  int32_t cleatStart(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {          \
    return ::cleat::detail::startInstance(host, context, config, cleatManifest, &::cleat::detail::makePlugin<Class>, \
                                          instance);                                                                 \
  }                                                                                                                  \
  constinit const cleat_plugin cleatPlugin = {                                                                       \
      sizeof(cleat_plugin),          0, &cleatManifest, &cleatStart, &::cleat::detail::deliverToInstance,            \
      &::cleat::detail::stopInstance};                                                                               \
  }                                                                                                                  \
  extern "C" [[gnu::visibility("default")]] const cleat_plugin* cleat_plugin_v1() { return &cleatPlugin; }           \
  static_assert(true, "a semicolon follows CLEAT_PLUGIN(…)")
