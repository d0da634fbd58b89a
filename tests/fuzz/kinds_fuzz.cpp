// What the kinds' plugins make of an object that has the right shape and may say anything: its defaults, what is wrong
// with it, and its row in a table. Setting the defaults twice is setting them once.
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/testkit.h>
#include <dlfcn.h>

#include <map>
#include <optional>

#include "cleat_folders.h"
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

struct Plugin {
  cleat::test::FakeHost host;
  std::optional<cleat::test::AnyStarted> started;
};

// By the first word of the group: kinds-apps, kinds-rbac …
Plugin& pluginOf(const object::Kind& kind) {
  static std::map<std::string, std::unique_ptr<Plugin>> plugins;
  std::string name = kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.'));
  std::unique_ptr<Plugin>& plugin = plugins[name];
  if (plugin) return *plugin;
  void* library = dlopen((CLEAT_BINARY_DIR "/plugins/kinds-" + name + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
  require(library != nullptr, "there is no plugin of the kinds", name);
  plugin = std::make_unique<Plugin>();
  plugin->host.serverConfig().serviceCidr = "10.96.0.0/24";
  plugin->host.serverConfig().nodePortRange = "30000-32767";
  plugin->started.emplace(
      plugin->host.start(reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL))()));
  plugin->host.settle();
  require(plugin->started->ready(), "a plugin does not start", name);
  return *plugin;
}

AnyRef refOf(const object::Message& message) {
  AnyDraft draft(message.words().size());
  draft.message().setRoot(message.root<capnp::AnyStruct>());
  return std::move(draft).freezeAny();
}

template <class Params, class Results>
test::Outcome<Results> ask(const object::Kind& kind, Method<Params, Results> method, std::vector<AnyRef> objects,
                           std::string_view input) {
  auto outcome = pluginOf(kind).started->call(
      method,
      [&](typename Params::Builder params) {
        auto ref = params.initRef();
        ref.setGroup(kind.group);
        ref.setVersion(kind.version);
        ref.setResource(kind.plural);
        if constexpr (!std::is_same_v<Params, role::RowsParams>) {
          params.setOperation(objects.size() > 1 ? role::Operation::UPDATE : role::Operation::CREATE);
        }
      },
      objects);
  require(outcome.ok() || outcome.outcome == CLEAT_DENIED, "a plugin of kinds fails on an object", input);
  return outcome;
}

// As the core takes it back: checked against the kind, and what it says as text.
std::string checked(const object::Kind& kind, const AnyRef& object, std::string_view input) {
  cleat_words words = object.words();
  Result<Ref<object::Message>> message = object::Message::checked({words.data, words.count});
  require(message && object::verify(kind, (*message)->words()), "a plugin gave back what is not of the kind", input);
  return object::encodeJson(kind, (*message)->words());
}

AnyRef defaulted(const object::Kind& kind, const AnyRef& object, std::string_view input) {
  auto outcome = ask(kind, role::kinds::default_, {object}, input);
  return !outcome.ok() || outcome.answer.objects().empty() ? object : outcome.answer.objects()[0];
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  Result<boost::json::value> json = object::parseJson(input);
  if (!json) return 0;
  const object::Kind& kind = fuzz::kindOf(*json);
  Result<object::Decoded> decoded = object::decode(kind, *json, object::FieldValidation::ignore);
  if (!decoded || kind.plural.empty()) return 0;
  AnyRef first = fuzz::refOf(*decoded->message);
  AnyRef once = fuzz::defaulted(kind, first, input);
  AnyRef twice = fuzz::defaulted(kind, once, input);
  fuzz::require(fuzz::checked(kind, once, input) == fuzz::checked(kind, twice, input),
                "defaults depend on how often they are set", input);
  (void)fuzz::ask(kind, role::kinds::validate, {once}, input);
  (void)fuzz::ask(kind, role::kinds::validate, {once, first}, input);
  (void)fuzz::ask(kind, role::kinds::rows, {first}, input);
  return 0;
}
