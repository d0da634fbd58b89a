// Brings what a team is to have: a namespace, a quota of pods in it, and a config map that says whose it is. The server
// makes that, keeps it so, and takes away what is brought no longer.
#include <cleat/schema/role/addon.interface.h>
#include <cleat/schema/role/addon.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;

// Texts of the operator's stand in JSON.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

class MyPlugin : public RolePlugin<role::AddonRole> {
 public:
  using RolePlugin::RolePlugin;

  // Asked every few seconds: answers at once, from what it knows. Settings may change while the server runs.
  Task<Result<void>> bring(Call<role::AddonObjects>& call) override {
    const std::string ns = quoted(config().string("namespace"));
    auto objects = call.results().initObjects(3);
    objects[0].setManifest(concat(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":)", ns, "}}"));
    objects[1].setManifest(
        concat(R"({"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"my-plugin","namespace":)", ns,
               R"(},"spec":{"hard":{"pods":")", config().integer("pods"), R"("}}})"));
    objects[2].setManifest(
        concat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"my-plugin","namespace":)", ns,
               R"(},"data":{"owner":)", quoted(config().string("owner")), "}}"));
    call.results().setIsComplete(true);
    co_return Result<void>();
  }
};

}  // namespace

// Making an object takes the verbs patch and create, taking it away delete.
CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "addon",
             .grants = "- namespaces,resourcequotas,configmaps create,delete,get,patch\n",
             .configSchema =
                 "namespace string team # which one there is to be\n"
                 "pods int 10 # how many pods there may be in it\n"
                 "owner string nobody # whose it is\n");
// The host knows by this what the role can be asked, as no other plugin that fills it need be there.
CLEAT_BRINGS(cleat::role::addon);
